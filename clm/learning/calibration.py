"""Calibration: how much of what a model says beyond the naive forecast is kept.

A model that was fitted to noise says too much. On rows that it did not learn from, the best multiple of
its deviations from the naive forecast is known in closed form; a multiple below 0 would turn a model into
its opposite, one above 1 would trust it more than it trusts itself, and both are cut off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNSHRUNK = 1.0
"""Everything is kept."""


def shrinkage(value: NDArray[np.float64], naive: NDArray[np.float64], outcome: NDArray[np.float64]) -> float:
    """The factor from 0 to 1 that fits ``naive + factor * (value - naive)`` best to the outcomes (n,).

    Least squares over the rows where all three are known; a model that never deviates is left alone.
    (James and Stein's idea of shrinking an estimate, here by validation instead of by its variance.)

    >>> shrinkage(np.array([2.0, -2.0]), np.zeros(2), np.array([1.0, -1.0]))
    0.5
    >>> shrinkage(np.array([2.0, -2.0]), np.zeros(2), np.array([-1.0, 1.0]))
    0.0
    """
    said, due = value - naive, outcome - naive
    known = np.isfinite(said) & np.isfinite(due)
    power = float(said[known] @ said[known])
    if power == 0:
        return UNSHRUNK
    return float(np.clip(said[known] @ due[known] / power, 0.0, 1.0))


def shrunk(value: NDArray[np.float64], naive: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Forecasts (n,) keeping ``factor`` of what they say beyond naive; all of it where that is unknown."""
    return np.where(np.isfinite(naive), naive + factor * (value - naive), value)
