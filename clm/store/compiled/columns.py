"""Widens the columns of a batch: little-endian numbers of 1 to 8 bytes to 8 each, in loops over one type."""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.machine import apart, part
from clm.store.compiled.msgpack import BIN

NO_FLOAT_4 = np.uint32(0x7F800000)
NO_FLOAT_8 = np.uint64(0x7FF0000000000000)
"""The exponent of what is no finite number."""


@part
def width_of(field: Any, count: Any, floats: Any) -> Any:
    """Bytes per element of a column, 0 if it is none of ``count`` elements."""
    size = field[2] - field[1]
    if field[0] != BIN or count == 0 or size % count != 0:
        return 0
    width = size // count
    good = width in (4, 8) or (not floats and width in (1, 2))
    return width if good else 0


@apart
def unsigned(buffer: Any, field: Any, count: Any, room: Any, out: Any) -> Any:
    """Widen a column of whole numbers; the largest, -1 if it is no such column or one is 2**63 or more."""
    width = width_of(field, count, False)
    if width == 0:
        return -1
    largest, signs = np.int64(0), np.int64(0)
    if width == 1:
        narrow = buffer[field[1] : field[2]]
        for i in range(count):
            out[i] = np.int64(narrow[i])
            largest = max(largest, out[i])
        return largest
    _align(buffer, field, room.bytes)
    if width == 2:
        for i in range(count):
            out[i] = np.int64(room.u2[i])
            largest = max(largest, out[i])
        return largest
    if width == 4:
        for i in range(count):
            out[i] = np.int64(room.u4[i])
            largest = max(largest, out[i])
        return largest
    for i in range(count):
        out[i] = np.int64(room.u8[i])
        largest = max(largest, out[i])
        signs |= out[i]
    return -1 if signs < 0 else largest


@apart
def floats(buffer: Any, field: Any, count: Any, room: Any, out: Any) -> Any:
    """Widen a column of floats; whether it is one, of finite numbers only."""
    width = width_of(field, count, True)
    if width == 0:
        return False
    _align(buffer, field, room.bytes)
    if width == 4:
        worst = np.uint32(0)
        for i in range(count):
            worst = max(worst, room.u4[i] & NO_FLOAT_4)
            out[i] = np.float64(room.f4[i])
        return worst != NO_FLOAT_4
    huge = np.uint64(0)
    for i in range(count):
        huge = max(huge, room.u8[i] & NO_FLOAT_8)
        out[i] = room.f8[i]
    return huge != NO_FLOAT_8


@part
def _align(buffer: Any, field: Any, room: Any) -> None:
    source = buffer[field[1] : field[2]]  # a slice from 0 on is copied many bytes at a time, an offset is not
    for i in range(len(source)):
        room[i] = source[i]
