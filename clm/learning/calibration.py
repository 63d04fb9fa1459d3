"""Calibration: how much of what a model says beyond the naive forecast is kept.

A model that was fitted to noise says too much. On rows that it did not learn from, the best multiple of
its deviations from the naive forecast is known in closed form, with its error; a multiple below 0 would turn
a model into its opposite, one above 1 would trust it more than it trusts itself, and both are cut off.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNSHRUNK = 1.0
"""Everything is kept."""


def shrinkage(
    value: NDArray[np.float64], naive: NDArray[np.float64], outcome: NDArray[np.float64], horizon: int = 1
) -> float:
    """The factor from 0 to 1 that the outcomes (n,) bear out in ``naive + factor * (value - naive)``.

    The best multiple by least squares over the rows where all three are known, less one standard error of
    itself: the rows are few, and trusting noise costs more than doubting skill. Outcomes of ``horizon`` bars
    overlap, so that many rows are worth one. A model that never deviates is left alone. (The rule of one
    standard error of Breiman, Friedman, Olshen and Stone, 1984, for a shrinkage by validation.)

    >>> shrinkage(np.array([2.0, -2.0]), np.zeros(2), np.array([1.0, -1.0]))
    0.5
    >>> shrinkage(np.array([2.0, -2.0]), np.zeros(2), np.array([-1.0, 1.0]))
    0.0
    """
    said, due = value - naive, outcome - naive
    known = np.isfinite(said) & np.isfinite(due)
    said, due = said[known], due[known]
    power = float(said @ said)
    if power == 0:
        return UNSHRUNK
    best = float(said @ due) / power
    error = sqrt(horizon * float(np.square(due - best * said).mean()) / power)
    return min(1.0, max(0.0, best - error))


def shrunk(value: NDArray[np.float64], naive: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Forecasts (n,) keeping ``factor`` of what they say beyond naive; all of it where that is unknown."""
    return np.where(np.isfinite(naive), naive + factor * (value - naive), value)
