"""Events, input rows and records as bytes, and the rules by which an entry is refused.

One event is a msgpack map with readable names; docs/wire-format.md has it byte by byte. What this module
says of an entry depends on nothing but the entry's id and bytes and the scope.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import msgpack

from clm.errors import MalformedEvent
from clm.events import KINDS, SECOND, WIRE_VERSION, Event, InputRow
from clm.ports import Entry
from clm.records import Decision, canonical, from_record
from clm.scope import Scope

MAX_BYTES = 65_536
"""Of one entry; looked at before it is unpacked."""

MAX_AHEAD = 5 * SECOND
"""How far an event's ``at`` may lie after its entry's own time, µs."""

MAX_NAME = 256
"""Characters of a symbol, version, producer or other name."""

WIRE_NAMES = {"from_version": "from", "to_version": "to"}
"""Fields whose name on the wire is another one."""

LIMITS: dict[str, Any] = {
    "raw": False,
    "strict_map_key": True,
    "max_ext_len": 0,
    "max_str_len": 4096,
    "max_bin_len": MAX_BYTES,
    "max_array_len": 4096,
    "max_map_len": 4096,
}


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
    wire = _unpacked(data)
    if wire.get("v") != WIRE_VERSION:
        raise MalformedEvent(f"wire version {wire.get('v')!r} is unknown; this reads {WIRE_VERSION}")
    kind = KINDS.get(wire["k"]) if isinstance(wire.get("k"), str) else None
    if kind is None:
        raise MalformedEvent(f"kind {wire.get('k')!r} is unknown; known are {', '.join(KINDS)}")
    values = {}
    for name, check in _checks(kind.kind).items():
        wire_name = WIRE_NAMES.get(name, name)
        if wire_name in wire:
            values[name] = check(wire[wire_name])
    try:
        return kind(**values)
    except TypeError as error:
        raise MalformedEvent(f"{kind.kind} lacks a field: {error}") from error


def admit(entry: Entry, scope: Scope, known: frozenset[str]) -> Event:
    """The event of an entry, if it is possible in this scope.

    Parameters:
        known: model types.

    Raises:
        MalformedEvent: it cannot be read, or it is impossible; the message says which and why.
    """
    event = decode(entry.data)
    _not_ahead(event, entry)
    model_type = getattr(event, "model_type", None)
    for name in (model_type,) if model_type is not None else getattr(event, "models", ()):
        if name not in known:
            raise MalformedEvent(f"model type {name!r} is unknown here; known are {sorted(known)}")
    symbol = getattr(event, "symbol", None)
    if scope.symbols and symbol is not None and symbol not in scope.symbols:
        raise MalformedEvent(f"symbol {symbol!r} is not of scope {scope.name}: declare it there")
    if getattr(event, "horizon", 1) < 1:
        raise MalformedEvent(f"horizon of {event.p}-{event.n} must be >= 1 bar")
    return event


def encode_row(row: InputRow) -> bytes:
    """An input row as the bytes of its entry."""
    packed: bytes = msgpack.packb({"symbol": row.symbol, "at": row.at, "schema": row.schema, "x": row.x})
    return packed


def decode_row(data: bytes) -> InputRow:
    """The input row of an entry's bytes. Raises MalformedEvent."""
    wire = _unpacked(data)
    x = wire.get("x")
    if not isinstance(x, bytes) or len(x) % 4:
        raise MalformedEvent("x of an input row must be bytes of float32, little endian")
    return InputRow(_text(wire.get("symbol")), _integer(wire.get("at")), _text(wire.get("schema")), x)


def encode_decision(decision: Decision) -> bytes:
    """A decision as the bytes of its log entry."""
    return canonical(decision.record())


def decode_decision(data: bytes) -> Decision:
    """The decision of a log entry."""
    return from_record(json.loads(data))


def _unpacked(data: bytes) -> Mapping[str, Any]:
    if len(data) > MAX_BYTES:
        raise MalformedEvent(f"entry of {len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        wire = msgpack.unpackb(data, **LIMITS)
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise MalformedEvent(f"not msgpack within the limits: {error!r}"[:300]) from error
    if not isinstance(wire, dict):
        raise MalformedEvent(f"an entry is a map, not {type(wire).__name__}")
    return wire


def _not_ahead(event: Event, entry: Entry) -> None:
    written = int(entry.id.partition("-")[0]) * 1000
    if event.at > written + MAX_AHEAD:
        raise MalformedEvent(
            f"`at` of {event.p}-{event.n} is {(event.at - written) / SECOND:.1f} s after its entry was "
            f"written, at most {MAX_AHEAD / SECOND:g} s are taken: set the producer's clock"
        )


# --- one check per type of field, by its annotation ---


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise MalformedEvent(f"{str(value)[:80]!r} must be a text of at most {MAX_NAME} characters")
    return value


def _long_text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedEvent(f"{str(value)[:80]!r} must be a text")
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**62:
        raise MalformedEvent(f"{str(value)[:80]!r} must be an integer below 2**62")
    return value


def _count(value: Any) -> int:
    if _integer(value) < 0:
        raise MalformedEvent(f"{value!r} must not be negative")
    return int(value)


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise MalformedEvent(f"{str(value)[:80]!r} must be a finite number")
    return float(value)


def _pair_of(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != 2:
            raise MalformedEvent(f"{str(value)[:80]!r} must be a pair")
        return first(value[0]), second(value[1])

    return check


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise MalformedEvent(f"{str(value)[:80]!r} must be a list of texts")
    return tuple(_text(each) for each in value)


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedEvent(f"{str(value)[:80]!r} must be a map")
    return value


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "str": _text,
    "str | None": _text,
    "int": _count,
    "int | None": _integer,
    "float": _number,
    "float | None": _number,
    "tuple[str, int]": _pair_of(_text, _count),
    "tuple[int, int] | None": _pair_of(_integer, _integer),
    "tuple[str, ...]": _texts,
    "Mapping[str, Any] | None": _table,
}
LONG = frozenset({"reason", "error"})
"""Fields of prose."""


@cache
def _checks(kind: str) -> Mapping[str, Callable[[Any], Any]]:
    own = {each.name: CHECKS[str(each.type)] for each in fields(KINDS[kind])}
    return {name: _long_text if name in LONG else check for name, check in own.items()}
