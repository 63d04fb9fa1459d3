"""The hold-out gate: may a candidate enter the shadow, and has it skill at all?

On rows after an embargo of max(horizon, 12), with s the predictable size of both errors, x = (|a| - |b|)/s:

    z = sqrt(n) mean(x) / sqrt(v),  v the long-run variance of x from blocks of max(horizon, 12) rows

passes when z >= 1.28, the mean absolute error is at least 0.5 % lower and the squared loss is not clearly
higher (z of it > -1). It is loose on purpose: the shadow carries the guarantee, and the gate spares it those
without hope. Skill = 1 - loss / naive loss comes with an interval of 90 % by the delta method on the same
blocks.

Sources: Diebold & Mariano (1995), J. Business & Economic Statistics 13, 253-263; ``long_run``; purge and
embargo: Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from clm.decisions.sequential.long_run import LongRunVariance
from clm.decisions.sequential.scale import followed
from clm.errors import InsufficientData
from clm.machine import compiled

LEAST_Z = 1.28
LEAST_IMPROVEMENT = 0.005
"""Fraction of the mean absolute error."""
LEAST_SQUARED_Z = -1.0
INTERVAL_Z = 1.6449
"""Half width of an interval of 90 %, standard errors."""
BLOCK = 12
LEAST_BLOCKS = 24
RATE = 0.005
"""Forgetting of the errors' size, per row."""


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """What the hold-out says of a candidate."""

    rows: int  # after the embargo
    z: float  # of the absolute loss, positive when the candidate is better
    squared_z: float  # of the squared loss
    improvement: float  # of the mean absolute error, fraction
    skill: float  # over the naive forecast, fraction
    skill_low: float  # lower end of its interval of 90 %
    skill_high: float

    @property
    def passed(self) -> bool:
        """Whether the shadow may see the candidate."""
        better = self.z >= LEAST_Z and self.improvement >= LEAST_IMPROVEMENT
        return better and self.squared_z > LEAST_SQUARED_Z


def judged(candidate: Any, active: Any, naive: Any, horizon: int) -> GateResult:
    """Judge signed errors (n,) of the three on the same rows of a purged hold-out, oldest first.

    Raises:
        InsufficientData: fewer than 24 blocks are left after the embargo.
    """
    block = max(BLOCK, horizon)
    b, a, u = (np.abs(np.asarray(each, dtype=np.float64))[block:] for each in (candidate, active, naive))
    if len(b) < LEAST_BLOCKS * block:
        raise InsufficientData(
            f"the hold-out has {len(b)} rows after an embargo of {block}; the gate needs "
            f"{LEAST_BLOCKS * block}: lengthen the lookback or its validation fraction"
        )
    size = sizes(a, b)
    ratio = b.mean() / u.mean()
    error = deviation((b - ratio * u) / u.mean(), block) / math.sqrt(len(b))
    return GateResult(
        rows=len(b),
        z=score((a - b) / size, block),
        squared_z=score((a * a - b * b) / (size * size), block),
        improvement=float(1.0 - b.mean() / a.mean()),
        skill=float(1.0 - ratio),
        skill_low=float(1.0 - ratio - INTERVAL_Z * error),
        skill_high=float(1.0 - ratio + INTERVAL_Z * error),
    )


def score(steps: Any, block: int) -> float:
    """sqrt(n) mean / long-run deviation; 0 where nothing varies.

    >>> round(score(np.array([3.0, -1.0] * 300), 12), 4)  # every block sums to 12: no variance is left
    0.0
    """
    spread = deviation(steps, block)
    return float(math.sqrt(len(steps)) * np.mean(steps) / spread) if spread > 0 else 0.0


def deviation(steps: Any, block: int) -> float:
    """Root of the long-run variance per row."""
    blocks = len(steps) // block
    variance = LongRunVariance()
    variance.update_many(steps[: blocks * block].reshape(blocks, block).sum(axis=1) / math.sqrt(block))
    return math.sqrt(variance.value)


@compiled
def _sizes(a: Any, b: Any, out: Any) -> None:
    size = 0.5 * (a[0] + b[0])
    for i in range(len(a)):
        out[i] = size
        size = followed(size, 0.5 * (a[i] + b[i]), i + 1.0, RATE)


def sizes(a: Any, b: Any) -> Any:
    """Mean size (n,) of both absolute errors before each row; the first row's own at first."""
    out = np.empty(len(a))
    _sizes(a, b, out)
    return np.maximum(out, np.finfo(np.float64).tiny)
