"""Levels: what each trial may spend of its model type's budget of false promotions.

A trial spends its level when it opens, also when it opens again against another comparator; it has won once
it was promoted. One budget per model type, for models of one type compete for one place.

Sources: ``clm.decisions.sequential.lord`` and ``e_lond``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clm.decisions.sequential.e_lond import ELond
from clm.decisions.sequential.lord import LordPlusPlus
from clm.policy import LORD, Policy


class Levels:
    """The budgets of a scope's model types.

    >>> levels = Levels(Policy())
    >>> levels.spend("xgboost"), round(levels.spend("xgboost")[1], 4), levels.spend("nhits")
    ((1, 0.05), 0.0167, (1, 0.05))
    """

    def __init__(self, policy: Policy) -> None:
        self._rate = policy.false_discovery_rate
        self._kind = LordPlusPlus if policy.shadow_budget == LORD else ELond
        self._budgets: dict[str, LordPlusPlus | ELond] = {}

    def spend(self, name: str) -> tuple[int, float]:
        """Number and level (probability) of a model type's next trial, which is open from now on."""
        budget = self._budgets.setdefault(name, self._kind(self._rate))
        level = budget.spend()
        return budget.opened, level

    def won(self, name: str, number: int) -> None:
        """A trial's candidate was promoted."""
        budget = self._budgets.get(name)
        if isinstance(budget, LordPlusPlus):
            budget.won(number)
        elif budget is not None:
            budget.won()

    def follow(self, name: str, promoted: Iterable[bool]) -> None:
        """Take up a model type's trials that are over, oldest first, and whether each was won.

        >>> levels = Levels(Policy())
        >>> levels.follow("xgboost", [False, True])
        >>> round(levels.spend("xgboost")[1], 4)  # the third, after a win: 2 * 0.1 / (3 * 4)
        0.0167
        """
        for each in promoted:
            number, _ = self.spend(name)
            if each:
                self.won(name, number)

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        budgets = {name: budget.state() for name, budget in sorted(self._budgets.items())}
        return {"kind": self._kind.__name__, "budgets": budgets}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state, at the rate of now; budgets of the other kind begin anew."""
        kept = state["budgets"] if state["kind"] == self._kind.__name__ else {}
        self._budgets = {
            name: self._kind.restored({**each, "rate": self._rate}) for name, each in kept.items()
        }
