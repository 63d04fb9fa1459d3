"""Looks names up by their bytes, in the tables that ``clm.decisions.names`` keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.machine import apart, compiled, part

SEED = np.uint64(14695981039346656037)
PRIME = np.uint64(1099511628211)
"""FNV-1a, 64 bits (Fowler, Noll, Vo)."""


@apart
def folded(buffer: Any, start: int, stop: int) -> Any:
    """The FNV-1a hash of bytes, u8."""
    found = SEED
    for i in range(start, stop):
        found = (found ^ np.uint64(buffer[i])) * PRIME
    return found


@part
def mixed(digest: Any, part_of_it: Any) -> Any:
    """The hash of a name of several parts, from the hash of those before and that of the next."""
    return ((digest ^ part_of_it) * PRIME) ^ (digest >> np.uint64(29))


@apart
def find(digest: Any, number: int, buffer: Any, spans: Any, parts: int, table: Any, arena: Any) -> Any:
    """The code of a name, -1 if it is unknown.

    Parameters:
        digest: of all its parts.
        number: that belongs to it: a key's horizon, else 0.
        buffer: u1, where the parts stand.
        spans: i8 (parts, 2), start and stop of each part.
        table: NAME (2**bits,), slots of open addressing; code -1 is free.
        arena: u1, the known names' bytes.
    """
    mask = len(table) - 1
    slot = np.int64((digest >> np.uint64(20)) & np.uint64(mask))
    while table[slot].code >= 0:
        entry = table[slot]
        near = entry.digest == digest and entry.number == number
        if near and _same(buffer, spans, parts, arena, entry.place):
            return entry.code
        slot = (slot + 1) & mask
    return np.int64(-1)


@apart
def _same(buffer: Any, spans: Any, parts: int, arena: Any, place: int) -> Any:
    for each in range(parts):
        start, size = spans[each, 0], spans[each, 1] - spans[each, 0]
        if np.int64(arena[place]) | (np.int64(arena[place + 1]) << 8) != size:
            return False
        place += 2
        for i in range(size):
            if buffer[start + i] != arena[place + i]:
                return False
        place += size
    return True


@compiled
def digest_of(buffer: Any, stops: Any) -> Any:
    """The hash of the parts that end at ``stops``."""
    digest, start = SEED, 0
    for stop in stops:
        digest = mixed(digest, folded(buffer, start, stop))
        start = stop
    return digest


@compiled
def enter(slots: Any, digest: Any, place: int, number: int, code: int) -> None:
    """Enter a name; the table has room."""
    mask = len(slots) - 1
    slot = np.int64((digest >> np.uint64(20)) & np.uint64(mask))
    while slots[slot].code >= 0:
        slot = (slot + 1) & mask
    slots[slot].digest, slots[slot].place = digest, place
    slots[slot].number, slots[slot].code = number, code
