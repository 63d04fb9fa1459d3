"""Looks names up by their bytes, in the tables that ``clm.decisions.names`` keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.compiled.machine import compiled

MIX = np.uint64(0x9E3779B97F4A7C15)
"""2**64 over the golden ratio: spreads neighbouring numbers over a table (Knuth, TAOCP 3, 6.4)."""

SEED = np.uint64(14695981039346656037)
PRIME = np.uint64(1099511628211)
"""FNV-1a, 64 bits (Fowler, Noll, Vo)."""


@compiled
def folded(seed: np.uint64, buffer: Any, start: int, stop: int) -> Any:
    """The FNV-1a hash of bytes, going on from another's."""
    found = seed
    for i in range(start, stop):
        found = (found ^ np.uint64(buffer[i])) * PRIME
    return found


@compiled
def same(buffer: Any, start: int, stop: int, arena: Any, place: int) -> Any:
    """Whether bytes are those that stand in the arena from a place on."""
    for i in range(stop - start):
        if buffer[start + i] != arena[place + i]:
            return False
    return True


@compiled
def find(name: Any, buffer: Any, spans: Any, table: Any, arena: Any) -> Any:
    """The code of a name, -1 if it is unknown.

    Parameters:
        name: (hash, number): of all its parts, and the number that belongs to it (a key's horizon, else 0).
        buffer: u1, where the parts stand.
        spans: i8 (parts, 2), start and stop of each part.
        table: NAME (2**bits,), slots of open addressing; code -1 is free.
        arena: u1, the known names' bytes.
    """
    digest, number = name
    mask = len(table) - 1
    slot = np.int64(digest & np.uint64(mask))
    while table[slot].code >= 0:
        entry = table[slot]
        if entry.digest == digest and entry.number == number:
            place, equal = entry.place, True
            for part in range(len(spans)):
                start, stop = spans[part, 0], spans[part, 1]
                if arena[place] != (stop - start) & 0xFF or arena[place + 1] != (stop - start) >> 8:
                    equal = False
                    break
                if not same(buffer, start, stop, arena, place + 2):
                    equal = False
                    break
                place += 2 + stop - start
            if equal:
                return entry.code
        slot = (slot + 1) & mask
    return -1
