"""e-LOND: levels for a stream of trials that may depend on each other in any way.

    level_t = a g_t (wins so far + 1),   g_t = 1 / (t (t + 1))

A trial that promotes at its level holds 1 / level or more of evidence, so that its e-value is bounded by one
on average whatever the other trials share with it: the false discovery rate stays below a.

What that rests on: the level is known before the first row that counts, or the evidence is an e-value, which
holds for any level. A trial with the hold-out's credit has rows older than its level. Its mixture is an
e-value; its horizon bound is not, and may err up to 1 + log(largest / smallest level that it could have been
given) times as often as its share says, as far as older trials shared those rows and moved the level. No
trial goes below ``FLOOR``, which adds at most that much per trial to the rate, from the 14th without a win.

Source: Xu & Ramdas (2024), Online multiple testing with e-values, AISTATS, PMLR 238, 3997-4005.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clm.decisions.sequential.lord import CAP, FLOOR, RATE


class ELond:
    """Gives each trial its level.

    >>> budget = ELond()
    >>> first = budget.spend()  # 0.1 / 2, at most the cap
    >>> budget.won()
    >>> round(first, 4), round(budget.spend(), 4), round(budget.spend(), 4)  # 0.1 / 6 * 2, 0.1 / 12 * 2
    (0.05, 0.0333, 0.0167)
    """

    def __init__(self, rate: float = RATE) -> None:
        self.opened, self.wins = 0, 0
        self._rate = rate

    def spend(self) -> float:
        """The level of the next trial, probability; it is open from now on."""
        self.opened += 1
        level = self._rate * (self.wins + 1) / (self.opened * (self.opened + 1))
        return min(max(level, FLOOR), CAP)

    def won(self) -> None:
        """Tell that a trial ended with a promotion."""
        self.wins += 1

    def state(self) -> dict[str, Any]:
        """As msgpack and JSON can carry it."""
        return {"rate": self._rate, "opened": self.opened, "wins": self.wins}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> ELond:
        """From a saved state."""
        made = cls(state["rate"])
        made.opened, made.wins = state["opened"], state["wins"]
        return made
