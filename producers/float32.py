"""A row of features as float32 little-endian bytes, without importing numpy."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from typing import Any

WIRE = "<f4"  # how numpy spells the layout on the wire


def float32_bytes(x: Any) -> bytes:
    """A copy of the row's values, four bytes each.

    ``x`` is a numpy array, an ``array.array``, bytes that already have the layout, or any sequence
    of numbers.

    >>> float32_bytes([1.0, 2.0]).hex()
    '0000803f00000040'

    Raises:
        TypeError: ``x`` is none of these.
        ValueError: one of its values is not a number.
        OverflowError: one of its values is too large for float32.
    """
    dtype = getattr(x, "dtype", None)
    if dtype is not None:
        copied: bytes = (x if dtype.str == WIRE else x.astype(WIRE)).tobytes()
        return copied
    if isinstance(x, bytes | bytearray):
        return bytes(x)
    if isinstance(x, memoryview) and x.format == "B":
        return x.tobytes()
    return _packed(x)


def _packed(x: Iterable[float]) -> bytes:
    values = array("f", x)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()
