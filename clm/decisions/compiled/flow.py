"""The loop of both folds: rows go by until something needs the fold's attention.

The rows are folded one after the other in the order of the stream, by the same code whatever the reads were:
how they were batched leaves no trace.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.compiled import bars, stretch
from clm.decisions.compiled import intake as seen
from clm.decisions.compiled import join as waits
from clm.decisions.compiled.stretch import NOBODY, SHOWN
from clm.decisions.layout import ABSENT, CLOCK, DUPLICATES, LATE, SINCE, STAMP
from clm.machine import compiled, part

DONE, NEW_PRODUCER, NO_PLACE, NO_WINDOW, NO_ROOM, DUE, PREDICTED, MATURED = range(8)
"""Why the loop stopped: at the end; before a row that needs a new thing; after one that may make a trigger
due, or that the fold wants to see."""

OUT_OF_RANGE, UNKNOWN, EARLY = 1, 2, 3
"""Why a row is impossible."""


@compiled
def flow(rows: Any, start: int, intake: Any, join: Any, health: Any, watched: Any, bounds: Any) -> Any:
    """Fold rows from ``start`` on; where and why the loop stopped, and how many rows were refused.

    Returns:
        (next row, reason, index of the model type that is due or of the shelf without room, refused)
    """
    counts, ring, lines, places = intake.counts, join.ring, join.lines, join.places
    clock, since, stamp = counts[CLOCK], counts[SINCE], counts[STAMP]
    head, tail, waiting, predictions, joined, _, placed, found = waits.counted(join.counts)
    around, room = len(ring) - 1, min(len(lines) // 2, bounds.waiting)
    # the producer whose numbers follow each other, the next, and the first that may not be new
    run_p, run_next, run_stop = -1, 0, 0
    reason, due, refused = DONE, np.int64(NOBODY), 0
    i = start
    while i < len(rows):
        row, begin = rows[i], i
        # what is missing is asked for before the row is taken
        if row.key >= 0:
            if tail - head > around or 2 * waiting >= len(lines):
                reason = NO_PLACE
                break
        else:
            found = waits.line_near(lines, -1 - row.key, row.of_n >> 4, found)
            sixteenth = row.of_n & 15
            waits_for_it = lines[found].mask & (1 << sixteenth) != 0
            met = ring[places[found, sixteenth]]
            if waits_for_it:
                key = watched.keys[met.key]
                if key.window == ABSENT:
                    reason = NO_WINDOW
                    break
                if key.model >= 0 and bars.full(watched, key, met.at):
                    reason, due = NO_ROOM, np.int64(key.shelf)
                    break
        follows = row.p == run_p and row.n == run_next and run_next != run_stop
        stop = i + 1
        if follows:
            stop = min(len(rows), i + run_stop - run_next)
        else:
            if run_p >= 0:
                _close(intake, run_p, run_next, stamp)
            run_p, producer = row.p, intake.producers[row.p]
            if producer.heard == 0:
                run_p, reason = -1, NEW_PRODUCER
                break
            new = seen.take(producer, intake.bits[row.p], row.n)
            run_next, run_stop = producer.newest + 1, producer.newest + LATE
            if not new:
                stamp, i = stamp + 1, i + 1
                counts[DUPLICATES] += 1
                continue
        code = 0
        if row.key >= 0:
            placed = waits.line_near(lines, row.p, row.n >> 4, placed)
            stop = min(stop, i + min(room - waiting, around + 1 - (tail - head)))
            i, due = stretch.predictions(rows, i, stop, placed, join, tail, watched.keys, bounds.value)
            for k in range(begin, i):
                clock, since = max(clock, rows[k].at), min(since, rows[k].at)
            tail, waiting, predictions = tail + i - begin, waiting + i - begin, predictions + i - begin
            if i == begin:
                if abs(row.value) < bounds.value and abs(row.naive) < bounds.value:
                    since = min(since, row.at)
                    waits.count(join.counts, head, tail, waiting, predictions, joined, placed, found)
                    waits.expect(join, row, bounds.waiting)
                    head, tail, waiting, predictions, joined, _, placed, found = waits.counted(join.counts)
                    if watched.keys[row.key].watched:
                        due = np.int64(SHOWN)
                else:
                    code = OUT_OF_RANGE
        else:
            i, clock, due = stretch.outcomes(
                rows, i, stop, found, join, health, watched, bounds, (clock, stamp - i)
            )
            waiting, joined = waiting - (i - begin), joined + i - begin
            if i == begin:
                code = EARLY if waits_for_it else UNKNOWN
                if not abs(row.value) < bounds.value:
                    code = OUT_OF_RANGE
            else:
                if lines[found].mask == 0:
                    waits.free(join, found)
                head = waits.first(ring, head, tail)
        if i == begin:  # an odd row, for itself
            clock, i = max(clock, row.at), i + 1
            if code != 0:
                watched.refused[refused].row, watched.refused[refused].code = begin, code
                refused += 1
        stamp += i - begin
        if follows:
            run_next += i - begin
        if due != NOBODY:
            reason = DUE
            if due == SHOWN:
                reason = PREDICTED if row.key >= 0 else MATURED
            break
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
    stretch.observe(health, place, met[0], outcome, scale, stamp)


@compiled
def drop_bars(shelves: Any, model: int, times: Any, until: int) -> Any:
    """Forget the bars of a model type up to a moment (µs); how many are left."""
    left = 0
    for symbol in range(len(shelves)):
        left += bars.drop(shelves[symbol, model], times, until)
    return left
