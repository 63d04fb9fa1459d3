"""Batches read: the columns of one entry as the events that they stand for.

This is the reference in plain Python; docs/wire-format.md has the batch byte by byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import ge
from typing import Any

from clm.errors import MalformedEvent
from clm.events import Outcome, Prediction
from clm.store.columns import unpack_floats, unpack_unsigned
from clm.store.wire import MAX_TABLE, integer, shown, text, unpacked

BATCH = "batch"
"""The kind of an entry that is a batch."""

MAX_ROWS = 4096


def decode_batch(data: bytes) -> list[Prediction | Outcome]:
    """The events of a batch's bytes, row by row, whether or not each is possible.

    Raises:
        MalformedEvent: its structure is broken, so that no row of it can be trusted.
    """
    wire = unpacked(data)
    if wire.get("k") != BATCH:
        raise MalformedEvent(f"kind {shown(wire.get('k'))} is not {BATCH!r}")
    return batch_of(wire)


def batch_of(wire: Mapping[str, Any]) -> list[Prediction | Outcome]:
    """The events of a batch's map. Raises MalformedEvent like ``decode_batch``."""
    size = _size("rows", wire, MAX_ROWS)
    p, numbers, times = text(wire.get("p")), _numbers(wire, size), _times(wire, size)
    flags = _flags(wire.get("o"), size)
    late, early = iter(_outcomes(wire, sum(flags))), iter(_predictions(wire, size - sum(flags)))
    return [
        Outcome(p=p, n=n, at=at, **next(late)) if flag else Prediction(p=p, n=n, at=at, **next(early))
        for n, at, flag in zip(numbers, times, flags, strict=True)
    ]


def _numbers(wire: Mapping[str, Any], size: int) -> Sequence[int]:
    base = integer(wire.get("n"))
    if base < 0:
        raise MalformedEvent(f"n is {base}; it must not be negative")
    steps = range(size) if "dn" not in wire else unpack_unsigned("dn", wire["dn"], size)
    if any(ge(*pair) for pair in pairwise(steps)):
        raise MalformedEvent("column 'dn' must rise from row to row")
    integer(base + steps[-1])
    return [base + step for step in steps]


def times_of(wire: Mapping[str, Any]) -> list[int]:
    """The event times of a batch's map, µs, each once. Raises MalformedEvent."""
    return [integer(at) for at in _table("at", wire)]


def _times(wire: Mapping[str, Any], size: int) -> Sequence[int]:
    table = times_of(wire)
    return [table[place] for place in _places("i", wire, size, table)]


def _flags(bitmap: Any, size: int) -> Sequence[int]:
    """1 for each row that is an outcome, else 0."""
    if bitmap is None:
        return bytes(size)
    if not isinstance(bitmap, bytes) or len(bitmap) != (size + 7) // 8:
        raise MalformedEvent(f"bitmap 'o' of {size} rows must be {(size + 7) // 8} bytes")
    bits = int.from_bytes(bitmap, "little")
    if bits >> size:
        raise MalformedEvent(f"bitmap 'o' has bits beyond its {size} rows; they must be 0")
    return [bits >> row & 1 for row in range(size)]


def _predictions(wire: Mapping[str, Any], size: int) -> list[dict[str, Any]]:
    if not size:
        return []
    keys = _keys(wire)
    columns = (_places("key", wire, size, keys), *(_floats(name, wire, size) for name in ("value", "naive")))
    return [
        {**keys[place], "value": value, "naive": naive} for place, value, naive in zip(*columns, strict=True)
    ]


def _keys(wire: Mapping[str, Any]) -> list[dict[str, Any]]:
    size = _size("nk", wire, MAX_TABLE)
    strings = [text(each) for each in _table("s", wire)]
    column = unpack_unsigned("keys", wire.get("keys"), 4 * size)
    if max(column[: 3 * size]) >= len(strings):
        raise MalformedEvent(f"column 'keys' points past the {len(strings)} strings of 's'")
    return [
        {
            "model_type": strings[column[place]],
            "version": strings[column[size + place]],
            "symbol": strings[column[2 * size + place]],
            "horizon": column[3 * size + place],
        }
        for place in range(size)
    ]


def _outcomes(wire: Mapping[str, Any], size: int) -> list[dict[str, Any]]:
    if not size:
        return []
    references = [_reference(each) for each in _table("ofs", wire)]
    places = _places("ofp", wire, size, references)
    steps, values = unpack_unsigned("of", wire.get("of"), size), _floats("outcome", wire, size)
    return [
        {"of": (references[place][0], references[place][1] + step), "value": value}
        for place, step, value in zip(places, steps, values, strict=True)
    ]


def _reference(value: Any) -> tuple[str, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise MalformedEvent(f"{shown(value)} in 'ofs' must be a pair [p, n]")
    return text(value[0]), integer(value[1])


def _size(name: str, wire: Mapping[str, Any], limit: int) -> int:
    size = integer(wire.get(name))
    if not 1 <= size <= limit:
        raise MalformedEvent(f"{name!r} is {size}; it must be 1 to {limit}")
    return size


def _table(name: str, wire: Mapping[str, Any]) -> list[Any]:
    table = wire.get(name)
    if not isinstance(table, list) or not table:
        raise MalformedEvent(f"{name!r} must be a list of at least one element")
    return table


def _places(name: str, wire: Mapping[str, Any], size: int, table: Sequence[Any]) -> Sequence[int]:
    """Where in its table each row's value is; without the column all at the first place."""
    if name not in wire:
        return bytes(size)
    places = unpack_unsigned(name, wire[name], size)
    if max(places) >= len(table):
        raise MalformedEvent(f"column {name!r} points to place {max(places)} of a table of {len(table)}")
    return places


def _floats(name: str, wire: Mapping[str, Any], size: int) -> Sequence[float]:
    return unpack_floats(name, wire.get(name), size)
