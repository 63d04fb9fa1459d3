"""Batches: many predictions and outcomes of one producer as columns in one entry.

docs/wire-format.md has the batch byte by byte. This is the reference: a faster reader gives exactly these
events, and a batch gives exactly the events that its rows would give as single entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import count, groupby, pairwise
from operator import ge, lt
from typing import Any, TypeVar

import msgpack

from clm.errors import MalformedEvent
from clm.events import WIRE_VERSION, Outcome, Prediction
from clm.store.batch_reader import BATCH, MAX_ROWS
from clm.store.batch_reader import decode_batch as decode_batch  # noqa: PLC0414 - the other half
from clm.store.columns import pack_floats, pack_unsigned
from clm.store.wire import MAX_BYTES, MAX_INTEGER, MAX_NAME, MAX_TABLE

PredictionRow = tuple[int, int, str, str, str, int, float, float]
"""n, at (µs), model type, version, symbol, horizon (bars), value, naive (target units)."""

OutcomeRow = tuple[int, int, str, int, float]
"""n, at (µs), p and n of the prediction, value (target units)."""

Row = PredictionRow | OutcomeRow

T = TypeVar("T", bound=Hashable)

DIGITS = bytes.maketrans(b"\0\1", b"01")


def encode_batches(events: Iterable[Prediction | Outcome]) -> list[bytes]:
    """Predictions and outcomes as the bytes of entries, in their order.

    Raises:
        MalformedEvent: as ``encode_rows``.
    """
    packed: list[bytes] = []
    for p, own in groupby(events, lambda event: event.p):
        packed += encode_rows(p, [_row(event) for event in own])
    return packed


def encode_rows(p: str, rows: Sequence[Row]) -> list[bytes]:
    """Rows of one producer as the bytes of entries, in their order; rows are told apart by their length.

    A new entry begins where a number is not larger than the one before it, after 4,096 rows, and where the
    entry would be too large. NaN passes: the reader refuses that row alone.

    Raises:
        MalformedEvent: a row cannot be part of a batch, for example a negative horizon, an integer of
            2**62 or a text that is too long: such rows are refused as single events as well.
    """
    packed: list[bytes] = []
    for run in _rising(rows):
        for start in range(0, len(run), MAX_ROWS):
            packed += _halved(p, run[start : start + MAX_ROWS])
    return packed


def _row(event: Prediction | Outcome) -> Row:
    if isinstance(event, Outcome):
        return (event.n, event.at, *event.of, event.value)
    return (
        event.n, event.at, event.model_type, event.version, event.symbol, event.horizon, event.value,
        event.naive,
    )  # fmt: skip


def _rising(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """The rows cut wherever the number does not rise; almost always that is nowhere."""
    numbers = [row[0] for row in rows]
    after = numbers[1:]
    if all(map(lt, numbers, after)):
        return [rows]
    cuts = [0, *(at for at, cut in enumerate(map(ge, numbers, after), 1) if cut), len(rows)]
    return [rows[start:end] for start, end in pairwise(cuts)]


def _halved(p: str, rows: Sequence[Row]) -> list[bytes]:
    """The entry of the rows, or of their halves where it would be too large."""
    packed = _packed(p, rows)
    if packed is not None:
        return [packed]
    middle = len(rows) // 2
    if not middle:
        raise MalformedEvent(f"row {p}-{rows[0][0]} is larger than {MAX_BYTES} bytes: shorten its texts")
    return [*_halved(p, rows[:middle]), *_halved(p, rows[middle:])]


def _packed(p: str, rows: Sequence[Row]) -> bytes | None:
    """The bytes of one entry; None if that is too large. Raises MalformedEvent."""
    try:
        wire = _wire(p, rows)
        packed: bytes = msgpack.packb(wire)
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedEvent(
            f"rows {p}-{rows[0][0]} to {rows[-1][0]} make no batch: {error}; send them as single events"
        ) from error
    return packed if len(packed) <= MAX_BYTES and len(wire.get("s", ())) <= MAX_TABLE else None


def _wire(p: str, rows: Sequence[Row]) -> dict[str, Any]:
    numbers, size = [row[0] for row in rows], len(rows)
    _whole(numbers[0], numbers[-1])
    if numbers[0] < 0:
        raise ValueError(f"number {numbers[0]} is negative")
    wire: dict[str, Any] = {"v": WIRE_VERSION, "k": BATCH, "p": _text(p), "n": numbers[0], "rows": size}
    if numbers[-1] - numbers[0] >= size:
        wire["dn"] = pack_unsigned([n - numbers[0] for n in numbers])
    times, codes = _coded([row[1] for row in rows])
    _whole(*times)
    wire |= {"at": times} | _index("i", times, codes)
    outcomes = [row for row in rows if len(row) == 5]
    if outcomes:
        wire["o"] = _bitmap([len(row) == 5 for row in rows])
    if len(outcomes) < size:
        wire |= _predictions([row for row in rows if len(row) != 5])
    return wire | (_outcomes(outcomes) if outcomes else {})


def _predictions(rows: Sequence[PredictionRow]) -> dict[str, Any]:
    _, _, types, versions, symbols, horizons, values, naives = zip(*rows, strict=True)
    keys, codes = _coded(zip(types, versions, symbols, horizons, strict=True))
    named = [[key[place] for key in keys] for place in range(3)]
    strings, references = _coded(_text(name) for column in named for name in column)
    references += [key[3] for key in keys]  # the horizons
    return {
        "s": strings,
        "nk": len(keys),
        "keys": pack_unsigned(references),
        **_index("key", keys, codes),
        "value": pack_floats(values),
        "naive": pack_floats(naives),
    }


def _outcomes(rows: Sequence[OutcomeRow]) -> dict[str, Any]:
    _, _, producers, numbers, values = zip(*rows, strict=True)
    names, codes = _coded(producers)
    bases = _smallest(codes, numbers, len(names))
    _whole(*bases, max(numbers))
    return {
        "ofs": [[_text(name), base] for name, base in zip(names, bases, strict=True)],
        **_index("ofp", names, codes),
        "of": pack_unsigned([n - bases[code] for code, n in zip(codes, numbers, strict=True)]),
        "outcome": pack_floats(values),
    }


def _smallest(codes: Sequence[int], numbers: Sequence[int], size: int) -> list[int]:
    """The smallest number of each code."""
    if size == 1:
        return [min(numbers)]
    smallest: dict[int, int] = {}
    for code, n in zip(codes, numbers, strict=True):
        smallest[code] = min(n, smallest.get(code, n))
    return [smallest[code] for code in range(size)]


def _coded(column: Iterable[T]) -> tuple[list[T], list[int]]:
    """The different values of a column in order of appearance, and the place of each element's among them."""
    places: defaultdict[T, int] = defaultdict(count().__next__)
    codes = [places[value] for value in column]
    return list(places), codes


def _index(name: str, table: Sequence[Any], codes: Sequence[int]) -> dict[str, bytes]:
    """The column of places in a table; none where there is nothing to choose."""
    return {name: pack_unsigned(codes)} if len(table) > 1 else {}


def _bitmap(flags: Sequence[bool]) -> bytes:
    bits = bytes(flags).translate(DIGITS)
    return int(bits[::-1], 2).to_bytes((len(flags) + 7) // 8, "little")


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise ValueError(f"{value!r:.80} must be a text of at most {MAX_NAME} characters")
    return value


def _whole(*values: Any) -> None:
    for value in values:
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_INTEGER:
            raise ValueError(f"{value!r:.80} must be an integer below 2**62")
