"""How the folds' state lies in arrays: one record type each, read by the compiled loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LATE = 4096
"""Numbers of one producer that may still arrive late; older ones are counted as lost."""

ROW = np.dtype(
    [
        ("p", "i4"),  # producer
        ("key", "i4"),  # of a prediction; of an outcome -1 less the producer of its prediction
        ("n", "i8"),
        ("at", "i8"),  # µs
        ("value", "f8"),  # forecast or outcome, target units
        ("naive", "f8"),  # of a prediction, target units
        ("of_n", "i8"),  # of an outcome: its prediction's number
    ]
)
"""A prediction or outcome."""

REFUSED = np.dtype([("row", "i8"), ("code", "i8")])
"""A row that is impossible, and why."""

PRODUCER = np.dtype(
    [
        ("newest", "i8"),  # the largest number seen
        ("first", "i8"),  # the first seen
        ("lost", "i8"),  # numbers given up on
        ("heard", "i8"),  # when it was heard last, in events; 0: not known
    ]
)

WAIT = np.dtype([("p", "i4"), ("key", "i4"), ("n", "i8"), ("at", "i8"), ("value", "f8"), ("naive", "f8")])
"""A prediction that waits for its outcome."""

LINE = np.dtype([("p", "i4"), ("mask", "i4"), ("number", "i8")])
"""Sixteen numbers of a producer, from 16 * number on: those in the mask wait."""

PAIR = np.dtype([("error", "i8"), ("naive", "i8"), ("told", "i4"), ("right", "i4")])
"""A matured pair in a window: errors in fixed point; whether there was a direction, and it was right."""

WINDOW = np.dtype(
    [
        ("error", "i8"),  # sum over the pairs, fixed point
        ("naive", "i8"),  # likewise of the naive forecast
        ("told", "i8"),  # pairs with a direction
        ("right", "i8"),  # those that had it right
        ("pairs", "i8"),
        ("next", "i8"),  # where the next pair goes
        ("touched", "i8"),  # when the last pair matured, in events
        ("count", "i8"),  # pairs since the sums below were taken off
        ("loss", "f8"),  # of those, the sum of their errors, fixed point
        ("plain", "f8"),  # likewise of the naive forecast
    ]
)

KEY = np.dtype([("model", "i4"), ("window", "i4"), ("shelf", "i4"), ("watched", "i4")])
"""What a fold knows of a key.

``model``: its index among the policy's model types, or -1. ``window``: where its version's window is,
ABSENT or UNWANTED. ``shelf``: where its bars are counted. ``watched``: the fold wants to see its events one
by one.
"""

ABSENT, UNWANTED = -1, -2
"""No window yet; none wanted."""

MODEL = np.dtype(
    [
        ("limit", "f8"),  # below this directional accuracy performance has decayed; NaN: no baseline
        ("window", "i8"),  # of the active version, -1 while nothing matured
        ("trained_at", "i8"),  # µs; bars up to it are no new ones
        ("points", "i8"),  # new bars
        ("enough", "i8"),  # new bars that make DATA_VOLUME due
        ("until", "i8"),  # µs; cooling down before it
        ("open", "i8"),  # a run is open
        ("shifted", "i8"),  # the regime is not that of the training
        ("muted", "i8"),  # bits of the triggers whose suppression is recorded already
        ("watches", "i8"),  # bits of the detectors of decay that see the active version's pairs
        ("raised", "i8"),  # bits of those that raised an alarm at the row that the loop stopped at
        ("decayed", "i8"),  # enough alarms stand
        ("known", "i8"),  # µs; up to it the current regime counts as trained in
    ]
)
"""What decides whether a model type's triggers must be looked at."""

SCORE, SKILL = 1, 2
"""The detectors of decay as bits: ``decay`` over skill scores, ``skill_decay`` over losses."""

POINT = np.dtype([("symbol", "i8"), ("at", "i8")])
"""A (symbol, bar) whose outcome matured."""

SHELF = np.dtype(
    [
        ("newest", "i8"),  # the last of its bars (µs), FREE without any
        ("begin", "i8"),  # where its first bar is
        ("count", "i8"),
        ("room", "i8"),  # bars that it may hold there
    ]
)
"""The bars of one model type and symbol whose outcome matured, in the order of time."""

FREE = -(2**63)
"""No time, or one before all others (µs)."""

CLOCK, DUPLICATES, STAMP, SINCE = range(4)
"""Counters of an intake: event clock (µs), duplicates, events heard, the oldest prediction's bar (µs)."""

HEAD, TAIL, WAITING, PREDICTIONS, JOINED, EXPIRED, PLACED, MET = range(8)
"""Counters of a join: the first and past the last of the ring, how many wait, came, met and were given up;
the lines that were written and read last."""


class IntakeArrays(NamedTuple):
    """Who was heard."""

    producers: NDArray[np.void]  # PRODUCER, by code
    bits: NDArray[np.uint64]  # (producers, LATE / 64)
    counts: NDArray[np.int64]  # CLOCK, DUPLICATES, STAMP, SINCE


class JoinArrays(NamedTuple):
    """What waits."""

    ring: NDArray[np.void]  # WAIT (2**b,); the k-th prediction lies at k modulo its length
    lines: NDArray[np.void]  # LINE (2**c,), an open table
    places: NDArray[np.int32]  # (lines, 16), where in the ring
    counts: NDArray[np.int64]  # HEAD, TAIL, WAITING, PREDICTIONS, JOINED, EXPIRED, PLACED, MET
    met: NDArray[np.void]  # WAIT (1,), the prediction of an outcome that a fold wants to see


class HealthArrays(NamedTuple):
    """How versions do."""

    windows: NDArray[np.void]  # WINDOW
    pairs: NDArray[np.void]  # PAIR (windows, size)


class DecayArrays(NamedTuple):
    """The detectors of decay, a row each per model type; without rows where the policy has none."""

    sizes: NDArray[np.float64]  # state of ``skill_score``
    states: NDArray[np.float64]  # state of ``decay_fold``
    rules: NDArray[np.float64]  # its rules
    days: NDArray[np.float64]  # state of ``skill_decay_fold``
    bounds: NDArray[np.float64]  # its rules


class WatchArrays(NamedTuple):
    """What triggers and trials hang on."""

    keys: NDArray[np.void]  # KEY, by code
    models: NDArray[np.void]  # MODEL, in the policy's order
    shelves: NDArray[np.void]  # SHELF
    bars: NDArray[np.int64]  # µs, of all shelves
    refused: NDArray[np.void]  # REFUSED (rows,)
    decay: DecayArrays


class Bounds(NamedTuple):
    """Limits that do not change."""

    value: float  # size of a value whose error can still be folded, target units
    scale: float  # units of a fixed-point error in one target unit
    waiting: int  # predictions that may wait
