"""A rolling window over the newest pairs, exact: integer sums, so nothing drifts or depends on order."""

from __future__ import annotations

from collections import deque
from typing import Any

from clm.decisions.direction import hit, ratio
from clm.decisions.join import Pair


class Window:
    """Sums of absolute error, naive error and directional hits over the newest ``size`` pairs.

    Parameters:
        size: pairs.
        scale: errors are kept as integers of 1 / scale target units.
    """

    def __init__(self, size: int, scale: int) -> None:
        self._rows: deque[tuple[int, int, int, int]] = deque()
        self._size = size
        self._scale = scale
        self._sums = [0, 0, 0, 0]  # error, naive error, told, right

    def push(self, pair: Pair) -> None:
        """Take the newest pair in and, when full, the oldest out."""
        seen = pair.prediction
        right = hit(seen.value, pair.outcome, seen.naive)
        row = (
            round(abs(seen.value - pair.outcome) * self._scale),
            round(abs(seen.naive - pair.outcome) * self._scale),
            int(right is not None),
            int(right is True),
        )
        self._add(row, 1)
        self._rows.append(row)
        if len(self._rows) > self._size:
            self._add(self._rows.popleft(), -1)

    @property
    def pairs(self) -> int:
        """Pairs in the window."""
        return len(self._rows)

    @property
    def full(self) -> bool:
        """Whether it holds ``size`` pairs."""
        return len(self._rows) == self._size

    @property
    def mae(self) -> float:
        """Mean absolute error, target units; NaN when empty."""
        return ratio(self._sums[0], len(self._rows) * self._scale)

    @property
    def naive_mae(self) -> float:
        """Mean absolute error of the naive forecast on the same pairs."""
        return ratio(self._sums[1], len(self._rows) * self._scale)

    @property
    def accuracy(self) -> float:
        """Directional accuracy, fraction; NaN when no pair had a direction."""
        return ratio(self._sums[3], self._sums[2])

    def _add(self, row: tuple[int, int, int, int], sign: int) -> None:
        for index, value in enumerate(row):
            self._sums[index] += sign * value

    def state(self) -> list[Any]:
        """The rows, as msgpack can carry them."""
        return [list(row) for row in self._rows]

    def restore(self, state: list[Any]) -> None:
        """Take up saved rows, the newest ``size`` of them."""
        self._rows = deque((row[0], row[1], row[2], row[3]) for row in state[-self._size :])
        self._sums = [sum(column) for column in zip(*self._rows, strict=True)] or [0, 0, 0, 0]
