"""Stacking: the weights at which some models' deviations from naive forecast best together."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stacked(
    said: NDArray[np.float64], naive: NDArray[np.float64], outcome: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights (models,), none negative and at most 1 in all, of forecasts ``said`` (n, models).

    ``naive + (said - naive) @ weights`` fits the outcomes (n,) best by least squares over the rows where all
    is known (Breiman, Stacked Regressions, 1996). The few models let every subset be tried: the best one
    whose plain solution has no negative weight is the solution. What exceeds 1 in all is scaled down, as
    calibration does with one model.

    >>> said = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
    >>> stacked(said, np.zeros(3), np.array([1.0, 0.0, 1.0])).round(9).tolist()
    [0.5, 0.0]
    """
    deviations, due = said - naive[:, None], outcome - naive
    known = np.isfinite(deviations).all(axis=1) & np.isfinite(due)
    deviations, due = deviations[known], due[known]
    best, lowest = np.zeros(said.shape[1]), float(due @ due)
    for size in range(1, said.shape[1] + 1):
        for subset in combinations(range(said.shape[1]), size):
            chosen = deviations[:, subset]
            found = np.linalg.lstsq(chosen, due)[0]
            loss = float(np.square(due - chosen @ found).sum())
            if found.min(initial=0.0) >= 0 and loss < lowest:
                best, lowest = np.zeros(said.shape[1]), loss
                best[list(subset)] = found
    return best / max(1.0, float(best.sum()))
