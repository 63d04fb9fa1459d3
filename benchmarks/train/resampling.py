"""The block bootstrap of a mean relative loss: what neighbouring rows share stays together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 2_000
BLOCK = 24
"""Rows that are drawn together, at least: a day of hours, and more than any horizon of the bench."""


@dataclass(frozen=True)
class Relative:
    """How much more one loses than another, as a fraction of the other's loss."""

    mean: float  # over folds
    low: float  # of the interval of 95 %
    high: float
    bound: float  # one-sided, 95 %: at most that much more

    def plain(self) -> dict[str, float]:
        """As it stands in ``raw``."""
        return {name: round(getattr(self, name), 5) for name in ("mean", "low", "high", "bound")}


def relative(
    folds: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]], block: int = BLOCK
) -> Relative:
    """Mean over folds of ``mean(mine) / mean(theirs) - 1``, with percentiles of the moving block bootstrap.

    Parameters:
        folds: losses (n,) of both on the same rows, oldest first; blocks are drawn within a fold.
        block: rows drawn together; a shorter fold is one block.

    (Künsch, The Jackknife and the Bootstrap for General Stationary Observations, 1989.)

    >>> relative([(np.array([1.1, 2.2, 3.3]), np.array([1.0, 2.0, 3.0]))], block=1).bound.__round__(6)
    0.1
    """
    chance, drawn = np.random.default_rng(1), np.zeros(DRAWS)
    for mine, theirs in folds:
        drawn += _ratios(mine, theirs, min(block, len(mine)), chance) / len(folds)
    mean = float(np.mean([mine.mean() / theirs.mean() - 1 for mine, theirs in folds]))
    low, high, bound = (float(each) for each in np.quantile(drawn, [0.025, 0.975, 0.95]))
    return Relative(mean, low, high, bound)


def _ratios(mine: Any, theirs: Any, block: int, chance: np.random.Generator) -> Any:
    """The ratio less 1 of each draw (DRAWS,) of a fold's blocks."""
    count = -(-len(mine) // block)
    starts = chance.integers(0, len(mine) - block + 1, (DRAWS, count))
    sums = [np.convolve(each, np.ones(block), "valid")[starts].sum(axis=1) for each in (mine, theirs)]
    return sums[0] / sums[1] - 1
