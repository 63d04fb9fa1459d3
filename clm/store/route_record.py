"""A route's record, the versions that were live before, and what became of each cause of a move."""

from __future__ import annotations

import json
from dataclasses import asdict

from clm.ports import Route
from clm.records import Decision, canonical
from clm.store.codec import decode_decision

REFUSED = b"refused"
"""Stands for the decision of a cause whose move was refused."""


def pack_route(route: Route) -> bytes:
    """The record as canonical JSON."""
    return canonical(asdict(route))


def unpack_route(raw: bytes | None) -> Route:
    """The route of a record; without one, the naive forecast's."""
    if raw is None:
        return Route()
    values = json.loads(raw)
    return Route(**{**values, "locked_out": tuple(values["locked_out"])})


def unpack_lived(raw: bytes | None) -> list[str]:
    """The versions that were live before the active one, the last at the end."""
    return list(json.loads(raw)) if raw else []


def earlier(done: bytes | None) -> Decision | None:
    """The decision of a cause that has moved already."""
    return None if done is None or done == REFUSED else decode_decision(done)
