"""The skill score of a forecast: large where it departed from the naive one in the right direction.

    q = clip(f / D, 2.5) clip(r / E, 2),  f = value - naive,  r = outcome - naive

with D, E the root mean squares of the newest f and r before the row: volatility that rises with unchanged
skill leaves q as it was. Its mean is the covariance of forecast and outcome beyond the naive forecast, and 0
without skill. Both clips bound what one row can say: outcomes have heavy tails, and at 2 a loss of skill is
seen sooner than at 4.

Source: the covariance decomposition of forecast value after Anatolyev & Gerko (2005), J. Business & Economic
Statistics 23, 455-461 (excess profitability test).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from clm.decisions.sequential.scale import followed
from clm.machine import compiled, part

RATE = 0.02
"""Forgetting of the sizes, per row."""
FORECAST_CLIP, OUTCOME_CLIP = 2.5, 2.0
"""Most that one row counts, in sizes."""

ROWS, FORECAST, OUTCOME = range(3)


@part
def clipped(value: float, size: float, bound: float) -> float:
    """A value in units of a size, within a bound; 0 while the size is unknown."""
    return min(max(value / size, -bound), bound) if size > 0.0 else 0.0


@part
def scored(state: Any, forecast: float, outcome: float) -> float:
    """The score of a row, which is folded into the sizes."""
    if not (math.isfinite(forecast) and math.isfinite(outcome)):
        return math.nan
    left = clipped(forecast, math.sqrt(state[FORECAST]), FORECAST_CLIP)
    right = clipped(outcome, math.sqrt(state[OUTCOME]), OUTCOME_CLIP)
    state[ROWS] += 1.0
    state[FORECAST] = followed(state[FORECAST], forecast * forecast, state[ROWS], RATE)
    state[OUTCOME] = followed(state[OUTCOME], outcome * outcome, state[ROWS], RATE)
    return left * right


@compiled
def fold(state: Any, forecasts: Any, outcomes: Any, scores: Any) -> None:
    """Score rows into ``scores``."""
    for i in range(len(forecasts)):
        scores[i] = scored(state, forecasts[i], outcomes[i])


@compiled
def fold_one(state: Any, forecast: float, outcome: float) -> float:
    """Score one row."""
    return scored(state, forecast, outcome)


class SkillScore:
    """Folds rows into scores.

    >>> score = SkillScore()
    >>> score.update(1.0, 2.0), score.update(-1.0, -3.0), score.update(2.0, -9.0)  # clipped: 2 times -2
    (0.0, 1.5, -4.0)
    """

    def __init__(self) -> None:
        self._state = np.zeros(3)

    def update(self, forecast: float, outcome: float) -> float:
        """The score of a row: both as departures from the naive forecast, target units; NaN of no number."""
        return float(fold_one(self._state, float(forecast), float(outcome)))

    def update_many(self, forecasts: Sequence[float], outcomes: Sequence[float]) -> Any:
        """The scores (n,) of rows, oldest first; the same bits as one by one."""
        f, r = np.asarray(forecasts, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
        scores = np.empty(len(f))
        fold(self._state, f, r, scores)
        return scores

    def state(self) -> list[float]:
        """The sizes, as msgpack and JSON can carry them."""
        return [float(each) for each in self._state]

    @classmethod
    def restored(cls, state: Sequence[float]) -> SkillScore:
        """From a saved state."""
        made = cls()
        made._state[:] = state
        return made
