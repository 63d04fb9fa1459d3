"""Stretches: rows that follow each other in every respect, folded without looking anything up again.

A stretch is of one producer, its numbers one after the other, and all of them, or those of their predictions,
stand in one line. What is odd about a row ends it, and is left to ``flow``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.aim import BITS
from clm.decisions.compiled import decline
from clm.decisions.compiled import join as waits
from clm.decisions.compiled.bars import counted, full
from clm.decisions.compiled.window import push
from clm.decisions.layout import ABSENT, FREE
from clm.machine import apart, part
from clm.model import RetrainTrigger

DECAY, SHIFT, VOLUME = (
    BITS[each]
    for each in (RetrainTrigger.PERFORMANCE_DECAY, RetrainTrigger.REGIME_SHIFT, RetrainTrigger.DATA_VOLUME)
)

NOBODY, SHOWN = -1, -2
"""Instead of the index of a model type that is due: none is; the fold wants to see the row before the end."""


@apart
def predictions(rows: Any, i: Any, stop: Any, slot: Any, join: Any, tail: Any, keys: Any, bound: Any) -> Any:
    """Let predictions wait, from row ``i`` on.

    Parameters:
        stop: where it ends at the latest: the ring has room, and the producer's numbers are new.
        slot: where its line is, or is to be.
        tail: past the last of the ring.
        bound: size of a value whose error can still be folded.

    Returns:
        (where the stretch ends, NOBODY or SHOWN)
    """
    ring, places, line = join.ring, join.places, join.lines[np.uint64(slot)]
    around, first, due, begin = len(ring) - 1, rows[i], NOBODY, i
    p, step, number, mask = first.p, first.n - i, first.n >> 4, np.int64(line.mask)
    while i < stop and due == NOBODY:
        row = rows[np.uint64(i)]
        n, key = row.n, row.key
        if row.p != p or n - i != step or key < 0 or n >> 4 != number or mask & (1 << (n & 15)) != 0:
            break
        if not (abs(row.value) < bound and abs(row.naive) < bound):
            break
        place = (tail + i - begin) & around
        waits.fill(ring[np.uint64(place)], row)
        places[np.uint64(slot), np.uint64(n & 15)] = place
        mask |= 1 << (n & 15)
        i += 1
        if keys[np.uint64(key)].watched:
            due = SHOWN
    if i > begin:
        line.p, line.number, line.mask = p, number, mask
    return i, due


@apart
def outcomes(
    rows: Any, i: Any, stop: Any, slot: Any, join: Any, health: Any, watched: Any, bounds: Any, heard: Any
) -> Any:
    """Let outcomes meet their predictions, from row ``i`` on.

    Parameters:
        stop: where it ends at the latest: the producer's numbers are new.
        slot: where the line of their predictions is.
        heard: event clock, µs, and the number of events before row 0.

    Returns:
        (where the stretch ends, event clock, the model type that is due, NOBODY or SHOWN)
    """
    ring, places, line = join.ring, join.places, join.lines[np.uint64(slot)]
    first, due, (clock, stamp) = rows[i], np.int64(NOBODY), heard
    p, of, step, number, mask = first.p, first.key, first.n - i, first.of_n >> 4, np.int64(line.mask)
    while i < stop and due == NOBODY:
        row = rows[np.uint64(i)]
        sixteenth = row.of_n & 15
        if row.p != p or row.n - i != step or row.key != of or row.of_n >> 4 != number:
            break
        if mask & (1 << sixteenth) == 0 or not abs(row.value) < bounds.value:
            break
        met = ring[np.uint64(places[np.uint64(slot), np.uint64(sixteenth)])]
        key, at = watched.keys[np.uint64(met.key)], met.at
        if row.at < at or key.window == ABSENT or (key.model >= 0 and full(watched, key, at)):
            break
        i += 1
        clock = max(clock, row.at)
        if key.window >= 0:
            observe(health, key.window, met, row.value, bounds.scale, stamp + i)
        if key.watched:
            join.met[0] = met
            due = np.int64(SHOWN)
        elif key.model >= 0 and _due(health, watched, key, met, row, clock):
            due = np.int64(key.model)
        met.key = waits.GONE
        mask &= ~(1 << sixteenth)
    line.mask = mask
    return i, clock, due


@part
def observe(health: Any, place: Any, met: Any, outcome: Any, scale: Any, stamp: Any) -> None:
    """Fold a pair into the window of its version, at so many events heard."""
    of = health.windows[np.uint64(place)]
    of.touched = stamp
    push(of, health.pairs[np.uint64(place)], met, outcome, scale)


@part
def _due(health: Any, watched: Any, key: Any, met: Any, row: Any, clock: Any) -> Any:
    """Whether the triggers of a model type may have something new to say; never misses one that has.

    Parameters:
        key: KEY of the prediction that matured, of one of the policy's model types.
        met: WAIT, the prediction.
        row: ROW, its outcome.
        clock: event clock, µs.
    """
    model = watched.models[np.uint64(key.model)]
    if model.points < model.enough and met.at > model.trained_at:
        model.points += counted(watched.shelves[np.uint64(key.shelf)], watched.bars, met.at)
    if model.watches != 0 and key.window == model.window:
        model.raised = decline.stepped(
            watched.decay, key.model, model.watches, met.value, met.naive, row.value, row.at
        )
        if model.raised != 0:
            return True
    first = _first(health, model, clock)
    if first == 0:
        return False
    held = model.open != 0 or clock < model.until
    return not (held and (model.muted & first) != 0)


@part
def _first(health: Any, model: Any, clock: Any) -> Any:
    if model.decayed != 0:
        return DECAY
    if model.window >= 0:
        of = health.windows[np.uint64(model.window)]
        whole = of.pairs == health.pairs.shape[1] and of.told > 0
        # the product first: it takes no division, and rounded is never below what the quotient compares
        if of.right <= model.limit * of.told and whole and of.right / of.told < model.limit:
            return DECAY
    if model.shifted != 0 and clock > model.known:
        return SHIFT
    return VOLUME if model.points >= model.enough and model.trained_at != FREE else 0
