"""Columns: numbers one after the other as little-endian bytes, in the narrowest width that loses nothing.

The width is not written down: it is the length divided by the number of elements.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

from clm.errors import MalformedEvent

UNSIGNED = {1: "B", 2: "H", 4: "I", 8: "Q"}
"""Type codes of ``array`` by width in bytes."""

FLOATS = {4: "f", 8: "d"}


def pack_unsigned(values: Sequence[int]) -> bytes:
    """Whole numbers >= 0 in the narrowest of 1, 2, 4 and 8 bytes each.

    Raises:
        OverflowError, ValueError: one is negative or does not fit into 8 bytes.
        TypeError: one is not an integer.
    """
    largest = max(values, default=0)
    for width in (1, 2, 4):
        if largest < 1 << 8 * width:
            return _bytes(array(UNSIGNED[width], values))
    return _bytes(array("Q", values))


def pack_floats(values: Sequence[float]) -> bytes:
    """Numbers as float32 where every one of them is exactly that, else all as float64.

    Raises:
        TypeError: one is not a number.
    """
    wide, narrow = array("d", values), array("f", values)
    return _bytes(narrow if array("d", narrow).tobytes() == wide.tobytes() else wide)


def unpack_unsigned(name: str, data: Any, count: int) -> Sequence[int]:
    """The whole numbers of a column with ``count`` elements. Raises MalformedEvent."""
    return _column(name, data, count, UNSIGNED)


def unpack_floats(name: str, data: Any, count: int) -> Sequence[float]:
    """The numbers of a column with ``count`` elements, NaN and infinities included. Raises MalformedEvent."""
    return _column(name, data, count, FLOATS)


def _column(name: str, data: Any, count: int, codes: dict[int, str]) -> Sequence[Any]:
    if not isinstance(data, bytes) or len(data) % count or len(data) // count not in codes:
        size = f"{len(data)} bytes" if isinstance(data, bytes) else type(data).__name__
        raise MalformedEvent(
            f"column {name!r} of {count} elements is {size}; each takes one of {list(codes)} bytes"
        )
    column: array[Any] = array(codes[len(data) // count])
    column.frombytes(data)
    return _turned(column)


def _bytes(column: array[Any]) -> bytes:
    return _turned(column).tobytes()


def _turned(column: array[Any]) -> array[Any]:
    """The same bytes in the other order where this machine's is not little endian."""
    if sys.byteorder == "big":
        column.byteswap()
    return column
