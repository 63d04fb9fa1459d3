"""Reads the part of msgpack that hot events are written in; whatever else there is, it calls ODD.

A value is a row of ``fields``: (type, a, b), see the types below. The reference (``clm.store.wire``) says
what is right; this accepts less, and never more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.machine import apart, part

NONE, INT, FLOAT, STR, BIN, ARRAY = range(6)
"""Types. Of INT ``a`` is the value; of FLOAT, STR and BIN ``a`` and ``b`` are start and stop of the payload,
of an ARRAY the start of its first element and how many there are."""

ODD = -1
LARGEST = 2**62


@apart
def value(buffer: Any, at: Any, stop: Any, field: Any) -> Any:
    """Read one value; where the next begins, or ODD. Elements of an array are not looked at."""
    if at >= stop:
        return ODD
    head = np.int64(buffer[at])
    at += 1
    if head < 0x80:
        field[0], field[1] = INT, head
        return at
    if 0xA0 <= head < 0xC0:
        return _span(field, STR, at, head & 0x1F, stop)
    if 0x90 <= head < 0xA0:
        field[0], field[1], field[2] = ARRAY, at, head & 0x0F
        return at
    if head >= 0xE0:
        field[0], field[1] = INT, head - 256
        return at
    if head in (0xCA, 0xCB):
        return _span(field, FLOAT, at, 8 if head == 0xCB else 4, stop)
    if 0xCC <= head <= 0xCF:
        return _integer(buffer, at, 1 << (head - 0xCC), False, stop, field)
    if 0xD0 <= head <= 0xD3:
        return _integer(buffer, at, 1 << (head - 0xD0), True, stop, field)
    width = 1 if head in (0xC4, 0xD9) else 2 if head in (0xDA, 0xC5, 0xDC) else 0
    if width == 0 or at + width > stop:
        return ODD
    size = np.int64(big(buffer, at, width))
    if head == 0xDC:
        field[0], field[1], field[2] = ARRAY, at + 2, size
        return at + 2
    return _span(field, STR if head in (0xD9, 0xDA) else BIN, at + width, size, stop)


@part
def big(buffer: Any, at: Any, width: Any) -> Any:
    """An unsigned number, big endian, as u8."""
    found = np.uint64(0)
    for i in range(width):
        found = (found << np.uint64(8)) | np.uint64(buffer[at + i])
    return found


@part
def single(field: Any, buffer: Any) -> Any:
    """The number of a FLOAT."""
    if field[2] - field[1] == 4:
        return np.float64(np.uint32(big(buffer, field[1], 4)).view(np.float32))
    return np.uint64(big(buffer, field[1], 8)).view(np.float64)


@part
def _span(field: Any, kind: Any, at: Any, size: Any, stop: Any) -> Any:
    field[0], field[1], field[2] = kind, at, at + size
    return at + size if at + size <= stop else ODD


@apart
def _integer(buffer: Any, at: Any, width: Any, signed: Any, stop: Any, field: Any) -> Any:
    if at + width > stop:
        return ODD
    found = big(buffer, at, width)
    number = np.int64(found)
    if signed and width < 8 and number >= 1 << (8 * width - 1):
        number -= 1 << (8 * width)
    if (not signed and found >= np.uint64(LARGEST)) or number >= LARGEST or number <= -LARGEST:
        return ODD
    field[0], field[1] = INT, number
    return at + width
