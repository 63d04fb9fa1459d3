"""A market: a file of bars as a tape to play and a field to compare on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from clm.replay import schedules
from clm.replay.tape import Tape, record
from clm.replay.volatility import label
from clm.scope import Scope
from worker import bootstrap
from worker.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Market:
    """Recorded bars, ready to be played."""

    scope: Scope
    tape: Tape
    field: schedules.Field


def market(settings: Settings, scope: Scope, path: Path | str) -> Market:
    """Read a file of candles; the scope comes back with its symbols and schema."""
    client = bootstrap.bars(path, scope)
    workshop = bootstrap.workshop(settings, scope)
    frame = workshop.engineer.transform(client.bars)
    tape = record(frame, workshop.engineer, label(client.bars, scope.bar_seconds))
    whole = replace(scope, symbols=tape.symbols, schemas={tape.schema: tape.columns}, clock="event")
    return Market(scope=whole, tape=tape, field=bootstrap.field(frame, workshop, client))
