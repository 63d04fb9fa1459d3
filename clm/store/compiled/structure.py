"""Whether bytes are one msgpack value at all: what is certainly none need not be unpacked to be refused.

The reference (``clm.store.wire.map_of``) refuses all that this calls broken, and more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.machine import apart, compiled, part
from clm.store.compiled.msgpack import big
from clm.store.compiled.scan import BROKEN_ENTRY, ODD
from clm.store.wire import MAX_BYTES

UNSURE = -1
"""Of a head: an extension or a byte that begins nothing, left to the reference."""


@compiled
def mark_broken(entries: Any, levels: Any) -> Any:
    """Call those of the ODD entries broken that are cut short, go on after their end or are nested deeply.

    Parameters:
        levels: (MAX_DEPTH + 2,) i8, room for what is left to read at each depth.
    """
    for place in range(len(entries.stops)):
        start = entries.stops[place - 1] if place > 0 else 0
        stop = entries.stops[place]
        if entries.said[place] != ODD or stop - start > MAX_BYTES:
            continue
        if _is_broken(entries.buffer, start, stop, levels):
            entries.said[place] = BROKEN_ENTRY


@apart
def _is_broken(buffer: Any, at: Any, stop: Any, levels: Any) -> Any:
    depth, levels[0] = 0, 1
    while True:
        while levels[depth] == 0:
            if depth == 0:
                return at != stop
            depth -= 1
        levels[depth] -= 1
        if at >= stop:
            return True
        head = np.int64(buffer[at])
        at += 1
        width = _width(head)
        if width == UNSURE:
            return False
        if at + width > stop:
            return True
        size = np.int64(big(buffer, at, width)) if width > 0 else _size(head)
        at += width
        if 0x80 <= head < 0xA0 or (head >= 0xDC and head < 0xE0):
            depth += 1
            if depth == len(levels):
                return True
            levels[depth] = 2 * size if head < 0x90 or head >= 0xDE else size
        else:
            at += size
            if at > stop:
                return True


@part
def _width(head: Any) -> Any:
    """Bytes of the length that follows a head; UNSURE for what has none of the known heads."""
    if head in (0xC4, 0xD9):
        return 1
    if head in (0xC5, 0xDA, 0xDC, 0xDE):
        return 2
    if head in (0xC6, 0xDB, 0xDD, 0xDF):
        return 4
    return UNSURE if head == 0xC1 or 0xC7 <= head <= 0xC9 or 0xD4 <= head <= 0xD8 else 0


@part
def _size(head: Any) -> Any:
    """Bytes or elements that follow a head whose length is in itself."""
    if 0x80 <= head < 0xA0:
        return head & 0x0F
    if 0xA0 <= head < 0xC0:
        return head & 0x1F
    if 0xCA <= head <= 0xCB:
        return 4 << (head - 0xCA)
    if 0xCC <= head <= 0xD3:
        return 1 << (head & 0x03)
    return np.int64(0)
