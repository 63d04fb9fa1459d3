"""The wager: is the second forecast worse than the first, from the very first pair and whatever the tails?

Two forecasts of one outcome disagree by D, which is known before it; so |loss of the second - loss of the
first| <= D, and in units of D what one of them gains is a bet with a bounded stake. Of each pair with signed
errors a (first) and b (second), M the mean of all D before it:

    x = (|b| - |a|) / max(D, M)          between -1 and 1, positive where the second errs more

Pairs of one bar share its luck, so that a bar counts once, by the mean X of its pairs; where an outcome takes
h bars, the h - 1 bars after one that counted do not, so that what happens is staked upon once. If the second
is not worse, E[X | past] <= 0 and each W = prod (1 + g X), g >= 0, has mean <= 1. The evidence is the mean of
W over five g; by Ville's inequality P(it ever reaches 1/a) <= a, exactly, without a variance to be learnt
first. The price: it needs more pairs than a duel that knows the variance.

Sources: Waudby-Smith & Ramdas (2024), J. Royal Statist. Soc. B 86, 1-27; Henzi & Ziegel (2022), Biometrika
109, 647-663; outcomes of several bars: Arnold, Henzi & Ziegel (2023), Ann. Appl. Statist. 17, 1909-1935.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STAKES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""g: the small ones find a small harm late, the large ones a large harm soon."""


@dataclass(eq=False)
class Wager:
    """Folds pairs of errors into evidence that the second forecast is worse.

    >>> wager = Wager()
    >>> for bar in range(4):  # D = 1 each time, all of it against the second
    ...     wager.update(1.0, 2.0, bar, 1)
    >>> round(wager.log_e, 4)  # three whole bars: log((1.05^3 + 1.1^3 + 1.2^3 + 1.4^3 + 1.8^3) / 5)
    0.9394
    """

    logs: list[float] = field(default_factory=lambda: [0.0] * len(STAKES))  # log W by stake
    bars: int = 0  # that counted
    pairs: int = 0  # with a disagreement, of all bars
    disagreement: float = 0.0  # sum of their D, target units
    total: float = 0.0  # of x in the open bar
    rows: int = 0  # pairs in the open bar
    newest: int | None = None  # the newest bar, its close in µs
    passing: int = (
        0  # bars after the newest that are passed over; the newest itself counts if it is the first
    )

    def update(self, first: float, second: float, bar: int, horizon: int) -> None:
        """Fold one pair of signed errors, target units.

        Parameters:
            bar: close of the bar that both were forecast at, µs. A pair of an earlier bar than the newest
                comes too late: it teaches M and does not count.
            horizon: bars that the outcome takes.
        """
        if self.newest is None or bar > self.newest:
            self._counted()
            self.newest, self.passing = bar, self.passing - 1 if self.passing > 0 else horizon - 1
        gap = abs(second - first)
        if gap == 0.0:
            return
        usual = self.disagreement / self.pairs if self.pairs else gap
        self.disagreement, self.pairs = self.disagreement + gap, self.pairs + 1
        if bar == self.newest and self.passing == horizon - 1:
            self.total += (abs(second) - abs(first)) / max(gap, usual)
            self.rows += 1

    def _counted(self) -> None:
        """Settle the open bar: another has begun."""
        if self.rows:
            mean = self.total / self.rows
            self.logs = [log + math.log1p(g * mean) for log, g in zip(self.logs, STAKES, strict=True)]
            self.bars += 1
        self.total, self.rows = 0.0, 0

    @property
    def log_e(self) -> float:
        """Log of the evidence that the second is worse; it is enough at -log(level)."""
        most = max(self.logs)
        return most + math.log(math.fsum(math.exp(log - most) for log in self.logs) / len(self.logs))

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack and JSON can carry it."""
        return {**vars(self), "logs": list(self.logs)}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Wager:
        """From a saved state."""
        return cls(**{**state, "logs": list(state["logs"])})
