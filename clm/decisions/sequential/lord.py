"""LORD++: how much of an error budget the next trial of a stream may spend.

    level_t = w0 g_t + (a - w0) g_{t-T1} + a sum_{j>=2} g_{t-Tj},   sum of g = 1

with w0 = a/2 and T1 < T2 < ... the trials that were won. The false discovery rate stays below a for trials
that are independent; e-LOND (``e_lond``) needs no independence and is dearer. A trial spends its level when
it opens and gets nothing back; one that is still open counts as not won. At most ``CAP`` is given to one
trial and at least ``FLOOR``, below which a trial would wait for ever: that much is outside the guarantee.

Source: Ramdas, Yang, Wainwright & Jordan (2017), NeurIPS 30, 5650-5659; the g of Javanmard & Montanari
(2018), Ann. Statist. 46, 526-554: g_t = 0.0722 log(max(t, 2)) / (t exp(sqrt(log t))).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

RATE = 0.1
"""False discovery rate, fraction of promotions that are of no use."""
CAP = 0.05
FLOOR = 0.0005
WON_KEPT = 64
"""Newest wins that earn a level; what older ones earn is below the floor."""


def share(trial: int) -> float:
    """G of the 1st, 2nd, ... trial; 0 before.

    >>> round(share(1), 6), share(0)
    (0.050045, 0.0)
    """
    if trial < 1:
        return 0.0
    return 0.0722 * math.log(max(trial, 2)) / (trial * math.exp(math.sqrt(math.log(trial))))


class LordPlusPlus:
    """Gives each trial its level.

    >>> budget = LordPlusPlus()
    >>> round(budget.spend(), 6), round(budget.spend(), 6)  # 0.05 g_1, 0.05 g_2
    (0.002502, 0.000544)
    >>> budget.won(2)
    >>> round(budget.spend(), 6)  # 0.05 (g_3 + g_1)
    0.002966
    """

    def __init__(self, rate: float = RATE) -> None:
        self.opened = 0  # trials so far
        self._wins: list[int] = []  # numbers of the trials won, in the order they ended
        self._rate = rate

    def spend(self) -> float:
        """The level of the next trial, probability; it is open from now on."""
        self.opened += 1
        first, rest = self._wins[:1], self._wins[1:]
        start = self._rate / 2
        level = start * share(self.opened)
        level += (self._rate - start) * sum(share(self.opened - won) for won in first)
        level += self._rate * sum(share(self.opened - won) for won in rest)
        return min(max(level, FLOOR), CAP)

    def won(self, trial: int) -> None:
        """Tell that a trial, by its number from 1, ended with a promotion."""
        self._wins.append(max(trial, self.opened))  # what it earns begins with the next one
        del self._wins[1 : max(1, len(self._wins) - WON_KEPT)]

    def state(self) -> dict[str, Any]:
        """As msgpack and JSON can carry it."""
        return {"rate": self._rate, "opened": self.opened, "wins": list(self._wins)}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> LordPlusPlus:
        """From a saved state."""
        made = cls(state["rate"])
        made.opened, made._wins = state["opened"], list(state["wins"])
        return made
