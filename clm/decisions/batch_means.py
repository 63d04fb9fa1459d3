"""Batch means: is the mean of a series above zero, looked at once, where rows depend on their neighbours?

The values of so many bars make a batch, long enough that batches are nearly independent; their means are many
equal draws of one normal number, so that

    t = mean(y) / sqrt(var(y) / n),   y the means of n batches, var with n - 1

is read from Student's t with n - 1 degrees. One pass, a handful of numbers (Welford's updates).

Sources: Conway (1963), Management Science 10, 47-61; Welford (1962), Technometrics 4, 419-420.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEAST = 8
"""Batches before there is anything to say."""


@dataclass(eq=False)
class BatchMeans:
    """Folds the values of bars into batches.

    >>> means = BatchMeans()
    >>> for bar, value in enumerate([1.0, 3.0] * 4 + [0.0]):  # the last bar is open
    ...     means.update(value, bar, 1)
    >>> means.mean, round(means.p_value, 5)  # t = 2 / sqrt((8/7) / 8) = 5.2915
    (2.0, 0.00057)
    """

    batches: int = 0
    mean: float = 0.0  # of the batches' means
    squares: float = 0.0  # sum of their squared deviations
    total: float = 0.0  # of the open batch
    rows: int = 0  # in the open batch
    bars: int = 0  # in the open batch
    newest: int | None = None  # the newest bar, its close in µs

    def update(self, value: float, bar: int, length: int) -> None:
        """Fold one value.

        Parameters:
            bar: close of its bar, µs; one of an earlier bar than the newest counts with the newest.
            length: bars of a batch.
        """
        if self.newest is None or bar > self.newest:
            if self.bars >= length:
                self._closed()
            self.newest, self.bars = bar, self.bars + 1
        self.total, self.rows = self.total + value, self.rows + 1

    def _closed(self) -> None:
        value = self.total / self.rows
        gap = value - self.mean
        self.batches += 1
        self.mean += gap / self.batches
        self.squares += gap * (value - self.mean)
        self.total, self.rows, self.bars = 0.0, 0, 0

    @property
    def p_value(self) -> float:
        """One-sided, of "the mean is not above zero"; NaN of too few batches or no variance."""
        if self.batches < LEAST or self.squares <= 0:
            return math.nan
        from scipy import stats

        error = math.sqrt(self.squares / (self.batches - 1) / self.batches)
        return float(stats.t.sf(self.mean / error, self.batches - 1))

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack and JSON can carry it."""
        return dict(vars(self))

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> BatchMeans:
        """From a saved state."""
        return cls(**state)
