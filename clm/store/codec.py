"""Single events, input rows and records as bytes.

One event is a msgpack map with readable names; docs/wire-format.md has it byte by byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import msgpack

from clm.errors import MalformedEvent
from clm.events import KINDS, WIRE_VERSION, Event, InputRow
from clm.records import Decision, from_record
from clm.store.wire import (
    count,
    integer,
    long_text,
    map_of,
    number,
    pair_of,
    shown,
    table,
    text,
    texts,
    unpacked,
)

WIRE_NAMES = {"from_version": "from", "to_version": "to"}
"""Fields whose name on the wire is another one."""


def encode(event: Event) -> bytes:
    """An event as the bytes of its entry; fields that are None are left out."""
    wire: dict[str, Any] = {"v": WIRE_VERSION, "k": event.kind}
    for each in fields(event):
        value = getattr(event, each.name)
        if value is not None:
            wire[WIRE_NAMES.get(each.name, each.name)] = value
    packed: bytes = msgpack.packb(wire)
    return packed


def decode(data: bytes) -> Event:
    """The event of an entry's bytes; unknown keys are ignored.

    Raises:
        MalformedEvent: too large, not a map of this version, unknown kind, or a field missing or odd.
    """
    return event_of(unpacked(data))


def event_of(wire: Mapping[str, Any]) -> Event:
    """The event of a single entry's map. Raises MalformedEvent like ``decode``."""
    kind = KINDS.get(wire["k"]) if isinstance(wire.get("k"), str) else None
    if kind is None:
        raise MalformedEvent(f"kind {shown(wire.get('k'))} is unknown; known are {', '.join(KINDS)}")
    rules = _rules(kind.kind)
    values = {name: rule(wire[on_wire]) for name, on_wire, rule in rules if on_wire in wire}
    try:
        return kind(**values)
    except TypeError as error:
        raise MalformedEvent(f"{kind.kind} lacks a field: {error}") from error


def check(event: Event) -> None:
    """Hold an event against the rules of its fields, as ``decode`` does; raises MalformedEvent."""
    for name, _, rule in _rules(event.kind):
        rule(getattr(event, name))


def encode_row(row: InputRow) -> bytes:
    """An input row as the bytes of its entry."""
    packed: bytes = msgpack.packb({"symbol": row.symbol, "at": row.at, "schema": row.schema, "x": row.x})
    return packed


def decode_row(data: bytes) -> InputRow:
    """The input row of an entry's bytes. Raises MalformedEvent."""
    wire = map_of(data)
    x = wire.get("x")
    if not isinstance(x, bytes) or len(x) % 4:
        raise MalformedEvent("x of an input row must be bytes of float32, little endian")
    return InputRow(text(wire.get("symbol")), integer(wire.get("at")), text(wire.get("schema")), x)


def encode_decision(decision: Decision) -> bytes:
    """A decision as the bytes of its log entry."""
    return decision.logged()


def decode_decision(data: bytes) -> Decision:
    """The decision of a log entry."""
    return from_record(json.loads(data))


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "str": text,
    "str | None": text,
    "int": count,
    "int | None": integer,
    "float": number,
    "float | None": number,
    "tuple[str, int]": pair_of(text, count),
    "tuple[int, int] | None": pair_of(integer, integer),
    "tuple[str, ...]": texts,
    "tuple[str, ...] | None": texts,
    "Mapping[str, Any] | None": table,
}
LONG = frozenset({"reason", "error"})
"""Fields of prose."""


@cache
def _rules(kind: str) -> Sequence[tuple[str, str, Callable[[Any], Any]]]:
    """Name, name on the wire and rule of each field."""
    own = {each.name: CHECKS[str(each.type)] for each in fields(KINDS[kind])}
    return [
        (name, WIRE_NAMES.get(name, name), long_text if name in LONG else rule) for name, rule in own.items()
    ]
