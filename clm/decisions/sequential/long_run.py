"""Long-run variance of a series from its newest lags: what its sums vary by when rows depend on each other.

    v = g_0 + 2 sum_{l=1..L} (1 - l/(L+1)) g_l,   g_l = (1/n) sum_{i>l} (y_i - m)(y_{i-l} - m)

with Bartlett's weights, never below 0.7 g_0, and multiplied by (1 + 3 L/n), since the estimate from n values
is too small by about L/n and itself uncertain. Values are best sums of blocks longer than the overlap of
the forecasts, divided by the square root of their length.

Sources: Newey & West (1987), Econometrica 55, 703-708; the correction by L/n after Kiefer & Vogelsang
(2005), Econometric Theory 21, 1130-1164, its factor 3 measured by ``benchmarks/decisions.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clm.machine import compiled

LAGS = 12
"""Autocovariances counted."""
WEIGHTS = tuple(2.0 * (1.0 - lag / (LAGS + 1.0)) for lag in range(1, LAGS + 1))
"""Bartlett's, twice."""
FLOOR = 0.7
"""Least share of g_0: what is called negative dependence is mostly noise."""
CAUTION = 3.0
"""Widening per lag and value."""

COUNT, TOTAL, SQUARES = 0, 1, 2
FIRST = 3  # the first LAGS values
NEWEST = FIRST + LAGS  # the newest LAGS values, a ring
PRODUCTS = NEWEST + LAGS  # sums of y_i y_{i-l}, l = 1..LAGS
SIZE = PRODUCTS + LAGS


@compiled
def push(state: Any, at: int, value: float) -> None:
    """Fold one value into the state that begins at an offset."""
    count = int(state[at + COUNT])
    place = count % LAGS
    for lag in range(1, min(count, LAGS) + 1):
        before = place - lag if place >= lag else place - lag + LAGS
        state[at + PRODUCTS + lag - 1] += value * state[at + NEWEST + before]
    if count < LAGS:
        state[at + FIRST + count] = value
    state[at + NEWEST + place] = value
    state[at + COUNT] += 1.0
    state[at + TOTAL] += value
    state[at + SQUARES] += value * value


@compiled
def spread(state: Any, at: int) -> float:
    """The long-run variance of the state that begins at an offset; 0 of fewer than two values."""
    count = int(state[at + COUNT])
    if count < 2:
        return 0.0
    mean = state[at + TOTAL] / count
    own = max(state[at + SQUARES] / count - mean * mean, 0.0)
    whole, head, tail, place = own, 0.0, 0.0, count % LAGS
    for lag in range(1, min(count - 1, LAGS) + 1):
        before = place - lag if place >= lag else place - lag + LAGS
        head += state[at + FIRST + lag - 1]
        tail += state[at + NEWEST + before]
        crossed = state[at + PRODUCTS + lag - 1] - mean * (2.0 * state[at + TOTAL] - head - tail)
        whole += WEIGHTS[lag - 1] * (crossed + (count - lag) * mean * mean) / count
    return float(max(whole, FLOOR * own) * (1.0 + CAUTION * LAGS / count))


@compiled
def _push_many(state: Any, values: Any) -> None:
    for i in range(len(values)):
        push(state, 0, values[i])


@compiled
def _spread(state: Any) -> float:
    return spread(state, 0)


class LongRunVariance:
    """Folds values into their long-run variance, squared units of the values.

    >>> variance = LongRunVariance()
    >>> variance.update_many([1.0, -1.0] * 50)  # g_0 = 1, lags cancel: the floor, 0.7 (1 + 36/100)
    >>> round(variance.value, 6)
    0.952
    """

    def __init__(self) -> None:
        self._state = np.zeros(SIZE)

    def update(self, value: float) -> None:
        """Fold one value."""
        _push_many(self._state, np.array([value], dtype=np.float64))

    def update_many(self, values: Sequence[float]) -> None:
        """Fold values, oldest first."""
        _push_many(self._state, np.asarray(values, dtype=np.float64))

    @property
    def count(self) -> int:
        """Values folded."""
        return int(self._state[COUNT])

    @property
    def value(self) -> float:
        """The estimate; 0 of fewer than two values."""
        return float(_spread(self._state))

    def state(self) -> list[float]:
        """Everything folded, as msgpack and JSON can carry it."""
        return [float(each) for each in self._state]

    @classmethod
    def restored(cls, state: Sequence[float]) -> LongRunVariance:
        """From a saved state."""
        made = cls()
        made._state[:] = state
        return made
