"""The loop of both folds: rows go by until something needs the fold's attention.

The rows are folded one after the other in the order of the stream, by the same code whatever the reads were:
how they were batched leaves no trace.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.aim import BITS
from clm.decisions.compiled import decline, window
from clm.decisions.compiled import intake as seen
from clm.decisions.compiled import join as waits
from clm.decisions.compiled.join import place_of
from clm.decisions.compiled.machine import compiled, part
from clm.decisions.layout import ABSENT, CLOCK, DUPLICATES, FREE, LATE, SINCE, STAMP
from clm.model import RetrainTrigger

DONE, NEW_PRODUCER, NO_PLACE, NO_WINDOW, NO_ROOM, DUE, PREDICTED, MATURED = range(8)
"""Why the loop stopped: at the end; before a row that needs a new thing; after one that may make a trigger
due, or that the fold wants to see."""

DECAY, SHIFT, VOLUME = (
    BITS[each]
    for each in (RetrainTrigger.PERFORMANCE_DECAY, RetrainTrigger.REGIME_SHIFT, RetrainTrigger.DATA_VOLUME)
)

OUT_OF_RANGE, UNKNOWN, EARLY = 1, 2, 3
"""Why a row is impossible."""


@compiled
def flow(rows: Any, start: int, intake: Any, join: Any, health: Any, watched: Any, bounds: Any) -> Any:
    """Fold rows from ``start`` on; where and why the loop stopped, and how many rows were refused.

    Returns:
        (next row, reason, model: index of the model type that is due, refused)
    """
    counts, ring, lines, places = intake.counts, join.ring, join.lines, join.places
    clock, since, stamp = counts[CLOCK], counts[SINCE], counts[STAMP]
    head, tail, waiting, predictions, joined, _, placed, found = waits.counted(join.counts)
    around, room = len(ring) - 1, min(len(lines) // 2, bounds.waiting)
    run_p, run_next, run_stop = (
        -1,
        0,
        0,
    )  # the producer whose numbers follow each other, the next, and the last
    reason, due, refused = DONE, -1, 0
    i = start
    while i < len(rows):
        row = rows[i]
        slot = np.int64(-1)
        if row.key >= 0:
            if tail - head > around or 2 * waiting >= len(lines):
                reason = NO_PLACE
                break
        else:
            slot, line, sixteenth = found, lines[found], np.int64(row.of_n & 15)
            if line.number != row.of_n >> 4 or line.p != -1 - row.key or line.mask == 0:
                slot = waits.line_of(lines, -1 - row.key, row.of_n >> 4)
            if lines[slot].mask & (1 << sixteenth):
                found = slot
                met = ring[places[slot, sixteenth]]
                key = watched.keys[met.key]
                if key.window == ABSENT:
                    reason = NO_WINDOW
                    break
                if key.model >= 0 and 2 * watched.models[key.model].points >= watched.points.shape[1]:
                    reason, due = NO_ROOM, key.model
                    break
            else:
                slot = np.int64(-1)
        if row.p != run_p or row.n != run_next or run_next == run_stop:
            if run_p >= 0:
                _close(intake, run_p, run_next, stamp)
            producer = intake.producers[row.p]
            if producer.heard == 0:
                run_p, reason = -1, NEW_PRODUCER
                break
            stamp += 1
            run_p = row.p
            new = seen.take(producer, intake.bits[row.p], row.n)
            run_next, run_stop = producer.newest + 1, producer.newest + LATE
            if not new:
                counts[DUPLICATES] += 1
                i += 1
                continue
        else:
            stamp += 1
            run_next += 1
        clock = max(clock, row.at)
        i += 1
        if row.key >= 0:
            if abs(row.value) < bounds.value and abs(row.naive) < bounds.value:
                since = min(since, row.at)
                line, bit = lines[placed], 1 << (row.n & 15)
                same = line.number == row.n >> 4 and line.p == row.p and line.mask != 0
                if same and line.mask & bit == 0 and waiting < room:
                    place = tail & around
                    waits.fill(ring[place], row)
                    line.mask |= bit
                    places[placed, row.n & 15] = place
                    tail, waiting, predictions = tail + 1, waiting + 1, predictions + 1
                else:
                    waits.count(join.counts, head, tail, waiting, predictions, joined, placed, found)
                    waits.expect(join, row, bounds.waiting)
                    head, tail, waiting, predictions, joined, _, placed, found = waits.counted(join.counts)
                if watched.keys[row.key].watched:
                    reason = PREDICTED
                    break
                continue
            code = OUT_OF_RANGE
        elif not abs(row.value) < bounds.value:
            code = OUT_OF_RANGE
        elif slot < 0:
            code = UNKNOWN
        elif row.at < met.at:
            code = EARLY
        else:
            if key.window >= 0:
                _observe(health, key.window, met, row.value, bounds.scale, stamp)
            if key.watched:
                join.met[0] = met
            met.key = waits.GONE
            line = lines[slot]
            line.mask &= ~(1 << sixteenth)
            if line.mask == 0:
                waits.free(join, slot)
            waiting, joined = waiting - 1, joined + 1
            while head < tail and ring[head & around].key == waits.GONE:
                head += 1
            if key.watched:
                reason = MATURED
                break
            if key.model >= 0 and _due(health, watched, key, met, row, clock):
                reason, due = DUE, key.model
                break
            continue
        watched.refused[refused].row, watched.refused[refused].code = i - 1, code
        refused += 1
    if run_p >= 0:
        _close(intake, run_p, run_next, stamp)
    counts[CLOCK], counts[SINCE], counts[STAMP] = clock, since, stamp
    waits.count(join.counts, head, tail, waiting, predictions, joined, placed, found)
    return i, reason, due, refused


@part
def _close(intake: Any, p: int, stop: int, stamp: int) -> None:
    """The producer was heard up to here."""
    producer = intake.producers[p]
    seen.extend(producer, intake.bits[p], stop)
    producer.heard = stamp


@part
def _observe(health: Any, place: int, met: Any, outcome: float, scale: float, stamp: int) -> None:
    of = health.windows[place]
    of.touched = stamp
    window.push(of, health.pairs[place], met, outcome, scale)


@part
def _due(health: Any, watched: Any, key: Any, met: Any, row: Any, clock: int) -> Any:
    """Whether the triggers of a model type may have something new to say; never misses one that has."""
    model = watched.models[key.model]
    if model.points < model.enough and met.at > model.trained_at:
        model.points += _counted(watched.points[key.model], key.symbol, met.at)
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
def _first(health: Any, model: Any, clock: int) -> Any:
    if model.decayed != 0:
        return DECAY
    if model.window >= 0:
        of = health.windows[model.window]
        if of.pairs == health.pairs.shape[1] and of.told > 0 and of.right / of.told < model.limit:
            return DECAY
    if model.shifted != 0 and clock > model.known:
        return SHIFT
    return VOLUME if model.points >= model.enough and model.trained_at != FREE else 0


@part
def _counted(table: Any, symbol: int, at: int) -> Any:
    """1 for a (symbol, bar) that was not counted yet, else 0; it is counted from now on."""
    mask = len(table) - 1
    slot = place_of(at, symbol, len(table))
    while table[slot].at != FREE:
        if table[slot].at == at and table[slot].symbol == symbol:
            return 0
        slot = (slot + 1) & mask
    table[slot].at, table[slot].symbol = at, symbol
    return 1


# --- the same parts for one event at a time, and for what happens rarely ---


@compiled
def hear(intake: Any, p: int, n: int, at: int, minutes: bool) -> Any:
    """Whether an event of a known producer is new; ``at`` (µs) moves the clock.

    Parameters:
        minutes: the numbers are minutes, which may be skipped and never come late.
    """
    producer, counts = intake.producers[p], intake.counts
    counts[STAMP] += 1
    producer.heard = counts[STAMP]
    if minutes:
        new = n > producer.newest
        producer.newest = max(producer.newest, n)
    else:
        new = seen.take(producer, intake.bits[p], n)
    if not new:
        counts[DUPLICATES] += 1
        return False
    counts[CLOCK] = max(counts[CLOCK], at)
    return True


@compiled
def missing_of(intake: Any, p: int) -> Any:
    """Numbers of a producer that may still come."""
    return seen.missing(intake.producers[p], intake.bits[p])


@compiled
def copy_waiting(old: Any, join: Any) -> None:
    """Move the waiting predictions of a ring into arrays that are empty."""
    waits.copied(old, join)


@compiled
def observe(health: Any, place: int, met: Any, outcome: float, scale: float, stamp: int) -> None:
    """Fold one pair (met: WAIT (1,)) into a window."""
    _observe(health, place, met[0], outcome, scale, stamp)


@compiled
def enter_points(table: Any, rows: Any) -> None:
    """Enter points into a table that has room for them."""
    for i in range(len(rows)):
        _counted(table, rows[i].symbol, rows[i].at)
