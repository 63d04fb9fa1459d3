"""The numbers a duel is judged by."""

from __future__ import annotations

import math
from dataclasses import dataclass

from clm.decisions.sequential.horizon_bound import horizon_bound
from clm.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class DuelRules:
    """What a duel asks for. The defaults are the shadow's; ``benchmarks/decisions.py`` shows what they give.

    Raises:
        ConfigurationError: a value is out of range.
    """

    level: float = 0.05  # probability of promoting an equal candidate, over the whole duel
    late: float = 0.65  # share of the level that is kept for the horizon bound
    futility: float = 0.1  # probability of giving up a candidate that is better by ``improvement``
    improvement: float = 0.02  # fraction of the mean absolute error
    reach: float = 2.5  # scale of the mixture, in improvements: it is tuned to a few times the least one
    horizon: int = 4032  # rows, the duel's end
    least: int = 36  # rows before any verdict
    overlap: int = 1  # rows whose outcomes overlap: the forecasts' horizon in bars

    def __post_init__(self) -> None:
        for name in ("level", "futility"):
            _require(name, getattr(self, name), 0 < getattr(self, name) < 1, "between 0 and 1")
        for name in ("improvement", "reach", "horizon", "least", "overlap"):
            _require(name, getattr(self, name), getattr(self, name) > 0, "> 0")
        _require("late", self.late, 0 <= self.late < 1, "at least 0 and below 1")

    @property
    def block(self) -> int:
        """Rows in one block of the long-run variance."""
        return max(BLOCK, self.overlap)

    @property
    def early_limit(self) -> float:
        """Log e that promotes."""
        return -math.log(self.level * (1.0 - self.late))

    @property
    def late_limit(self) -> float:
        """Standard errors of the whole duel from which the horizon bound falls; infinite without a share."""
        return horizon_bound(self.level * self.late) if self.late else math.inf

    @property
    def futility_limit(self) -> float:
        """Log e that ends a duel."""
        return -math.log(self.futility)


BLOCK = 12
"""Least rows of a block."""


def _require(name: str, value: object, holds: bool, bound: str) -> None:
    if not holds:
        raise ConfigurationError(f"{name} of a duel is {value!r}; it must be {bound}")
