"""Made streams of forecasts whose skill falls at a known row, and of volatility that jumps without that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.evidence.pairs import overlapping, remembered

YEAR, BASELINE = 105_120, 5184
"""Five-minute bars: a year, and the hold-out of eighteen days."""


@dataclass(frozen=True)
class Fading:
    """A stream of forecasts."""

    before: float = 0.55  # directional accuracy
    after: float = 0.55
    change: int = 0  # row from which ``after`` holds
    rows: int = YEAR
    overlap: int = 1  # bars of the forecasts' horizon
    jump: float = 1.0  # factor of volatility from ``change`` on

    def drawn(self, replicate: int) -> tuple[Any, Any]:
        """Forecasts and outcomes (rows,), both as departures from the naive forecast.

        Heavy tails (a Student mixture of four degrees) and a volatility that no scale knows (log sd 0.3).
        """
        key = [replicate, self.rows, self.overlap, *(round(1000 * p) for p in (self.before, self.after))]
        rng = np.random.default_rng(key)
        more = self.rows + self.overlap - 1
        said, noise = (overlapping(rng.standard_normal(more), self.overlap) for _ in range(2))
        early, late = (math.sin(math.pi * (p - 0.5)) for p in (self.before, self.after))
        old = np.arange(self.rows) < self.change
        skill = np.where(old, early, late)
        tails = np.sqrt(2.0 / rng.chisquare(4.0, self.rows))
        size = np.exp(0.3 * remembered(rng.standard_normal(self.rows), 0.97)) * np.where(old, 1.0, self.jump)
        return said, size * tails * (skill * said + np.sqrt(1 - skill**2) * noise)
