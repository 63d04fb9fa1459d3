"""Admission: which events of an entry count in a scope, and why the others do not.

What this module says of an entry depends on nothing but the entry's id and bytes and the scope.
"""

from __future__ import annotations

from collections.abc import Sequence

from clm.errors import MalformedEvent
from clm.events import CLOCK_KINDS, SECOND, Event
from clm.ports import Admitted, Entry, Reason
from clm.scope import Scope
from clm.store.batch_reader import BATCH, batch_of, times_of
from clm.store.codec import check, event_of
from clm.store.wire import unpacked

MAX_AHEAD = 5 * SECOND
"""How far an event's ``at`` may lie after its entry's own time, µs."""


def decode_entry(data: bytes) -> Sequence[Event]:
    """The events of an entry's bytes, single or batch, whether or not each is possible.

    Raises:
        MalformedEvent: the entry cannot be read.
    """
    wire = unpacked(data)
    return batch_of(wire) if wire.get("k") == BATCH else [event_of(wire)]


def time_told(entry: Entry) -> int:
    """The largest event time that an entry tells, µs; 0 for one that tells none or cannot be read.

    Cheap: whether its rows are possible is not looked at, only that their time is.
    """
    try:
        wire = unpacked(entry.data)
        times = times_of(wire) if wire.get("k") == BATCH else _clock(event_of(wire))
    except MalformedEvent:
        return 0
    latest = _written(entry) + MAX_AHEAD
    return max((at for at in times if at <= latest), default=0)


def admit(entry: Entry, scope: Scope, known: frozenset[str]) -> Admitted:
    """What of an entry is possible in this scope; nothing is raised.

    Parameters:
        known: model types.
    """
    written = _written(entry)
    try:
        wire = unpacked(entry.data)
        if wire.get("k") == BATCH:
            return _admitted(batch_of(wire), written, scope, known)
        event = event_of(wire)
        judge(event, written, scope, known)
    except MalformedEvent as error:
        return Admitted((), [Reason(None, str(error))])
    return Admitted([(None, event)], [])


def _admitted(events: Sequence[Event], written: int, scope: Scope, known: frozenset[str]) -> Admitted:
    """What of a batch is possible, row by row."""
    rows: list[tuple[int | None, Event]] = []
    reasons: list[Reason] = []
    for row, event in enumerate(events):
        try:
            check(event)
            judge(event, written, scope, known)
        except MalformedEvent as error:
            reasons.append(Reason(row, str(error)))
        else:
            rows.append((row, event))
    return Admitted(rows, reasons)


def judge(event: Event, written: int, scope: Scope, known: frozenset[str]) -> None:
    """Refuse an impossible event.

    Parameters:
        written: when its entry was, µs.
        known: model types.

    Raises:
        MalformedEvent: the message says which value and why.
    """
    if event.at > written + MAX_AHEAD:
        raise MalformedEvent(
            f"`at` of {event.p}-{event.n} is {(event.at - written) / SECOND:.1f} s after its entry was "
            f"written, at most {MAX_AHEAD / SECOND:g} s are taken: set the producer's clock"
        )
    model_type = getattr(event, "model_type", None)
    for name in (model_type,) if model_type is not None else getattr(event, "models", ()):
        if name not in known:
            raise MalformedEvent(f"model type {name!r} is unknown here; known are {sorted(known)}")
    symbol = getattr(event, "symbol", None)
    if scope.symbols and symbol is not None and symbol not in scope.symbols:
        raise MalformedEvent(f"symbol {symbol!r} is not of scope {scope.name}: declare it there")
    if getattr(event, "horizon", 1) < 1:
        raise MalformedEvent(f"horizon of {event.p}-{event.n} must be >= 1 bar")


def _written(entry: Entry) -> int:
    return int(entry.id.partition("-")[0]) * 1000


def _clock(event: Event) -> Sequence[int]:
    return [event.at] if event.kind in CLOCK_KINDS else []
