"""Losses: what producers say they could not publish."""

from __future__ import annotations

import json

from clm.ports import Loss
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace


def losses(space: Keyspace, keys: Keys) -> list[Loss]:
    """Every producer that lost events, by name; a publisher writes the record (docs/design.md)."""
    found = sorted(space.all(keys.producers).items())
    records = [(producer, json.loads(record)) for producer, record in found]
    return [Loss(producer, record["dropped"], record["failed"]) for producer, record in records]
