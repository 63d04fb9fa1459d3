"""Probation: is a model that was just promoted worse than the one it replaced?

The same duel with the roles swapped: the old version is the challenger, and ``better`` means that the new one
is to be rolled back. Before it a hard guard looks for what needs no statistics: forecasts that are no number
in more than 1 % of the rows, or twelve effective outcomes (rows / overlap) whose mean absolute error is three
times the old one's.

The duel runs a week of five-minute bars at a level of 0.04 and is tuned to a model that is 5 % worse.
Source: ``duel``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from clm.decisions.sequential.duel import Duel, Standing
from clm.decisions.sequential.duel_rules import DuelRules

RULES = DuelRules(level=0.04, late=0.0, futility=1e-9, improvement=0.05, horizon=2016, least=24)
"""Futility so small that a model on probation is watched to the end."""
MISSING = 0.01
"""Most rows without a number, fraction."""
LEAST_ROWS = 100
"""Rows before that fraction is looked at."""
GUARD_OUTCOMES, GUARD_RATIO = 12, 3.0
"""Effective outcomes (rows / overlap), and the ratio of mean absolute errors that ends it at once."""

Errors = tuple[Sequence[float], Sequence[float]]
"""Signed errors (n,) of the new and the old version on the same rows, oldest first."""


def probation_rules(overlap: int, horizon: int = RULES.horizon, level: float = RULES.level) -> DuelRules:
    """The rules for forecasts whose outcomes overlap by some rows, watched over ``horizon`` rows."""
    return DuelRules(**{**RULES.__dict__, "overlap": overlap, "horizon": horizon, "level": level})


class Probation:
    """Folds pairs of errors of the new and the old version into ``on``, ``roll back`` or ``passed``.

    Parameters:
        overlap: rows whose outcomes overlap.
        known: errors (n,) of the new and the old version before the promotion, oldest first.
        horizon: rows, the end.
        taught: instead of ``known``: the state of its duel after them.
        level: probability that an equal model is rolled back.

    >>> probation = Probation()
    >>> [probation.update(3.1, 1.0) for _ in range(12)][-2:]  # the hard guard
    ['on', 'roll back']
    """

    def __init__(
        self,
        overlap: int = 1,
        known: Errors | None = None,
        horizon: int = RULES.horizon,
        taught: Sequence[float] = (),
        level: float = RULES.level,
    ) -> None:
        self._duel = Duel(probation_rules(overlap, horizon, level), known)
        if len(taught) == len(self._duel.state()):  # else it is of another version of the duel
            self._duel = Duel.restored(self._duel.rules, taught)
        self._recent: list[float] = [0.0, 0.0, 0.0]  # rows, loss of the new, loss of the old
        self._missing = [0, 0]  # rows without a number, rows
        self.reason = ""  # what rolled it back: "guard", "missing" or "duel"

    def update(self, new: float, old: float) -> str:
        """Fold one pair of signed errors, target units."""
        if self.reason:
            return "roll back"
        self._missing = [self._missing[0] + (not math.isfinite(new)), self._missing[1] + 1]
        if math.isfinite(new) and math.isfinite(old):
            self.reason = self._guarded(abs(new), abs(old)) or self._fought(new, old)
        elif self._missing[1] >= LEAST_ROWS and self._missing[0] > MISSING * self._missing[1]:
            self.reason = "missing"
        if self.reason:
            return "roll back"
        return "passed" if self.passed else "on"

    @property
    def passed(self) -> bool:
        """Whether the end was reached without a reason to roll back."""
        return not self.reason and self._duel.verdict != "open"

    @property
    def rules(self) -> DuelRules:
        """What the duel asks for."""
        return self._duel.rules

    def _fought(self, new: float, old: float) -> str:
        return "duel" if self._duel.update(new, old) == "better" else ""

    def _guarded(self, new: float, old: float) -> str:
        rows, mine, theirs = self._recent[0] + 1, self._recent[1] + new, self._recent[2] + old
        self._recent = [rows, mine, theirs]
        if rows < GUARD_OUTCOMES * self._duel.rules.overlap:
            return ""
        self._recent = [0.0, 0.0, 0.0]
        return "guard" if mine > GUARD_RATIO * theirs else ""

    def renewed(self) -> Probation:
        """A probation of the same two that begins now, and knows the variance of their errors."""
        rules = self._duel.rules
        return Probation(
            rules.overlap, horizon=rules.horizon, taught=self._duel.renewed().state(), level=rules.level
        )

    @property
    def again(self) -> str:
        """The verdict that the duel's sums give, for a receipt."""
        return self._duel.again

    @property
    def standing(self) -> Standing:
        """How the duel stands; its improvement is the old version's over the new one."""
        return self._duel.standing

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack and JSON can carry it."""
        return {
            "overlap": self._duel.rules.overlap,
            "horizon": self._duel.rules.horizon,
            "level": self._duel.rules.level,
            "duel": self._duel.state(),
            "recent": list(self._recent),
            "missing": list(self._missing),
            "reason": self.reason,
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Probation:
        """From a saved state."""
        made = cls(state["overlap"], horizon=state["horizon"], level=state.get("level", RULES.level))
        made._duel = Duel.restored(made._duel.rules, state["duel"])
        made._recent, made._missing = list(state["recent"]), list(state["missing"])
        made.reason = state["reason"]
        return made
