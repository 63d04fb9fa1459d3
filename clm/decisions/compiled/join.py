"""Join, compiled: predictions that wait in a ring, found through lines of sixteen numbers of one producer.

Numbers that follow each other share a line, so that a search mostly ends where the last one did.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.layout import EXPIRED, HEAD, JOINED, MET, PLACED, PREDICTIONS, TAIL, WAITING
from clm.machine import apart, part

GONE = -1
"""The key of a place in the ring whose prediction has met its outcome or was given up."""

MIX = np.uint64(0x9E3779B97F4A7C15)
"""2**64 over the golden ratio: spreads neighbouring numbers over a table (Knuth, TAOCP 3, 6.4)."""

OTHER = np.uint64(0xC2B2AE3D27D4EB4F)
"""Another odd number, so that two producers' numbers fall apart."""


@part
def place_of(number: Any, p: Any, slots: Any) -> Any:
    """Where a line belongs in an open table of 2**b slots; eight that follow each other lie side by side."""
    eight = (np.uint64(number >> 3) + np.uint64(p) * OTHER) * MIX
    return (np.int64(eight >> np.uint64(32)) + (number & 7)) & (slots - 1)


@part
def counted(counts: Any) -> Any:
    """The counters, to be kept in registers for a while."""
    return (
        counts[HEAD], counts[TAIL], counts[WAITING], counts[PREDICTIONS], counts[JOINED], counts[EXPIRED],
        counts[PLACED], counts[MET],
    )  # fmt: skip


@part
def count(
    counts: Any, head: Any, tail: Any, waiting: Any, predictions: Any, joined: Any, placed: Any, met: Any
) -> None:
    """Put the counters back."""
    counts[HEAD], counts[TAIL], counts[WAITING] = head, tail, waiting
    counts[PREDICTIONS], counts[JOINED], counts[PLACED], counts[MET] = predictions, joined, placed, met


@part
def fill(waits: Any, row: Any) -> None:
    """Lay a prediction (ROW) into its place in the ring."""
    waits.p, waits.key, waits.n, waits.at = row.p, row.key, row.n, row.at
    waits.value, waits.naive = row.value, row.naive


@apart
def expect(join: Any, row: Any, limit: int) -> None:
    """Keep a prediction until its outcome comes; the ring is not full.

    Parameters:
        row: ROW, a prediction.
        limit: predictions that may wait; beyond it the oldest is given up and counted.
    """
    ring, counts = join.ring, join.counts
    slot = line_near(join.lines, row.p, row.n >> 4, counts[PLACED])
    bit = 1 << (row.n & 15)
    line = join.lines[slot]
    if line.mask & bit:  # a forgotten producer's number came again: the newer one counts
        remove(join, slot, row.n)
        slot = line_near(join.lines, row.p, row.n >> 4, slot)
        line = join.lines[slot]
    counts[PLACED] = slot
    place = counts[TAIL] & (len(ring) - 1)
    fill(ring[place], row)
    line.p, line.number = row.p, row.n >> 4
    line.mask |= bit
    join.places[slot, row.n & 15] = place
    counts[TAIL] += 1
    counts[WAITING] += 1
    counts[PREDICTIONS] += 1
    if counts[WAITING] > limit:
        oldest = ring[counts[HEAD] & (len(ring) - 1)]
        remove(join, line_near(join.lines, oldest.p, oldest.n >> 4, 0), oldest.n)
        counts[EXPIRED] += 1


@apart
def remove(join: Any, slot: int, n: int) -> None:
    """Take a prediction out of its line and of the ring."""
    ring, counts, line = join.ring, join.counts, join.lines[slot]
    ring[join.places[slot, n & 15]].key = GONE
    line.mask &= ~(1 << (n & 15))
    if line.mask == 0:
        free(join, slot)
    counts[WAITING] -= 1
    counts[HEAD] = first(ring, counts[HEAD], counts[TAIL])


@part
def copied(old: Any, join: Any) -> None:
    """Move the waiting predictions of a ring, oldest first, into arrays that are empty."""
    counts = join.counts
    begin, end = counts[HEAD], counts[TAIL]
    counts[HEAD] = counts[TAIL] = counts[PLACED] = counts[MET] = 0
    for k in range(begin, end):
        waits = old[k & (len(old) - 1)]
        if waits.key != GONE:
            place = counts[TAIL]
            join.ring[place] = waits
            slot = line_near(join.lines, waits.p, waits.n >> 4, counts[PLACED])
            line = join.lines[slot]
            line.p, line.number = waits.p, waits.n >> 4
            line.mask |= 1 << (waits.n & 15)
            join.places[slot, waits.n & 15] = place
            counts[PLACED] = slot
            counts[TAIL] += 1


@part
def first(ring: Any, head: Any, tail: Any) -> Any:
    """The first of the ring that still waits, from ``head`` on."""
    around = len(ring) - 1
    while head < tail and ring[np.uint64(head & around)].key == GONE:
        head += 1
    return head


@part
def line_near(lines: Any, p: Any, number: Any, hint: Any) -> Any:
    """Where a line stands, or the free slot where it would; a line without numbers is free."""
    line = lines[hint]
    if line.number == number and line.p == p and line.mask != 0:
        return hint
    return line_of(lines, p, number)


@apart
def line_of(lines: Any, p: Any, number: Any) -> Any:
    """The same without a hint."""
    mask = len(lines) - 1
    slot = place_of(number, p, len(lines))
    while lines[slot].mask != 0:
        line = lines[slot]
        if line.number == number and line.p == p:
            return slot
        slot = (slot + 1) & mask
    return slot


@apart
def free(join: Any, hole: Any) -> None:
    """Free a slot; lines that it would hide from a search move up."""
    lines, places = join.lines, join.places
    mask = len(lines) - 1
    after = (hole + 1) & mask
    while lines[after].mask != 0:
        home = place_of(lines[after].number, lines[after].p, len(lines))
        if ((after - home) & mask) >= ((after - hole) & mask):
            lines[hole] = lines[after]
            for k in range(places.shape[1]):
                places[hole, k] = places[after, k]
            lines[after].mask = 0
            hole = after
        after = (after + 1) & mask
