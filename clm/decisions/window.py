"""A rolling window over the newest pairs, exact: integer sums, so nothing drifts or depends on order."""

from __future__ import annotations

from dataclasses import dataclass

from clm.decisions.direction import ratio


@dataclass(frozen=True, slots=True)
class Window:
    """Sums of absolute error, naive error and directional hits over the newest ``size`` pairs.

    >>> Window(pairs=2, size=2, error=30, naive=40, told=2, right=1, scale=10).mae
    1.5
    """

    size: int  # pairs
    scale: int  # errors are kept as integers of 1 / scale target units
    pairs: int = 0  # in the window
    error: int = 0  # 1 / scale target units, like the next
    naive: int = 0
    told: int = 0  # pairs with a direction
    right: int = 0

    @property
    def full(self) -> bool:
        """Whether it holds ``size`` pairs."""
        return self.pairs == self.size

    @property
    def mae(self) -> float:
        """Mean absolute error, target units; NaN when empty."""
        return ratio(self.error, self.pairs * self.scale)

    @property
    def naive_mae(self) -> float:
        """Mean absolute error of the naive forecast on the same pairs."""
        return ratio(self.naive, self.pairs * self.scale)

    @property
    def accuracy(self) -> float:
        """Directional accuracy, fraction; NaN when no pair had a direction."""
        return ratio(self.right, self.told)
