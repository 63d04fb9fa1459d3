"""The map of an entry: unpacked within limits, its values checked one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgpack

from clm.errors import MalformedEvent
from clm.events import WIRE_VERSION

MAX_BYTES = 65_536
"""Of one entry; looked at before it is unpacked."""

MAX_NAME = 256
"""Characters of a symbol, version, producer or other name."""

MAX_INTEGER = 2**62 - 1
"""Of any integer, either sign."""

MAX_TABLE = 4096
"""Elements of a list or map."""

MAX_DEPTH = 8
"""Of maps and lists within each other in the value of a field."""

LIMITS: dict[str, Any] = {
    "raw": False,
    "strict_map_key": True,
    "max_ext_len": 0,
    "max_str_len": 4096,
    "max_bin_len": MAX_BYTES,
    "max_array_len": MAX_TABLE,
    "max_map_len": MAX_TABLE,
}

NOT_MSGPACK = (
    "not one msgpack value of known types within the limits: it is cut short, goes on after its end, is "
    f"nested more than {MAX_DEPTH} deep, holds an extension, or a text or table is too long"
)
"""Said alike by whoever reads an entry, however little of it was read."""


def unpacked(data: bytes) -> Mapping[str, Any]:
    """The map of an entry of the events stream. Raises MalformedEvent: too large, no map, another version."""
    wire = map_of(data)
    if wire.get("v") != WIRE_VERSION:
        raise MalformedEvent(f"wire version {shown(wire.get('v'))} is unknown; this reads {WIRE_VERSION}")
    return wire


def map_of(data: bytes) -> Mapping[str, Any]:
    """The map of any entry. Raises MalformedEvent: too large, or no map within the limits."""
    if len(data) > MAX_BYTES:
        raise MalformedEvent(f"entry of {len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        wire = msgpack.unpackb(data, **LIMITS)
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise MalformedEvent(NOT_MSGPACK) from error
    if not _shallow(wire, MAX_DEPTH + 1):
        raise MalformedEvent(NOT_MSGPACK)
    if not isinstance(wire, dict):
        raise MalformedEvent(f"an entry is a map, not {type(wire).__name__}")
    return wire


def shown(value: Any) -> str:
    """A refused value in a message, in bounded time: one that is nested deeply cannot even be printed."""
    if isinstance(value, list | dict | bytes):
        return f"{type(value).__name__} of {len(value)}"
    return repr(value[:80] if isinstance(value, str) else value)


def _shallow(value: Any, depth: int) -> bool:
    """Whether at most ``depth`` maps and lists are within each other."""
    kind = type(value)
    if kind is not dict and kind is not list:
        return True
    for each in value.values() if kind is dict else value:
        if (type(each) is dict or type(each) is list) and not (depth > 1 and _shallow(each, depth - 1)):
            return False
    return True


# --- one check per type of value: it comes back as what it is, or MalformedEvent is raised ---


def text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise MalformedEvent(f"{shown(value)} must be a text of at most {MAX_NAME} characters")
    return value


def long_text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedEvent(f"{shown(value)} must be a text")
    return value


def integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_INTEGER:
        raise MalformedEvent(f"{shown(value)} must be an integer below 2**62")
    return value


def count(value: Any) -> int:
    if type(value) is int and 0 <= value <= MAX_INTEGER:  # nearly every one, in one look
        return value
    if integer(value) < 0:
        raise MalformedEvent(f"{value!r} must not be negative")
    return int(value)


def number(value: Any) -> float:
    if type(value) is float and value - value == 0.0:  # neither NaN nor infinite
        return value
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise MalformedEvent(f"{shown(value)} must be a finite number")
    return float(value)


def pair_of(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise MalformedEvent(f"{shown(value)} must be a pair")
        return first(value[0]), second(value[1])

    return check


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise MalformedEvent(f"{shown(value)} must be a list of texts")
    return tuple(text(each) for each in value)


def table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedEvent(f"{shown(value)} must be a map")
    return value
