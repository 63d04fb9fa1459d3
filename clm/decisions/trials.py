"""Trials: opens them by the policy's rules, and keeps the budget that they spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clm.decisions.candidate import Candidate
from clm.decisions.evidence_gate import floor_of
from clm.decisions.evidence_trial import EvidenceTrial, Terms
from clm.decisions.levels import Levels
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.trial import ShadowTrial
from clm.events import DAY, SECOND
from clm.policy import Policy
from clm.scope import Scope

LEAST_IMPROVEMENT = 0.005
"""Fraction of the MAE: for less there is no evidence within any shadow, even if a policy asks for none."""


class Trials:
    """Opens the trials of a scope.

    Parameters:
        scope: its bars and symbols say how many pairs a day brings and how many of them overlap.
    """

    def __init__(self, scope: Scope, policy: Policy) -> None:
        self.levels = Levels(policy)
        self._entered: dict[tuple[str, str], tuple[int, float]] = {}  # (type, version) -> number, level
        self._scope, self._policy = scope, policy

    def enter(self, candidate: Candidate) -> None:
        """Spend a level before the gate looks at a hold-out that counts in the trial."""
        if self._policy.sequential and _credited(_told(candidate)):
            name = candidate.model_type.value
            self._entered[name, candidate.version] = self.levels.spend(name)

    def leave(self, candidate: Candidate) -> None:
        """A candidate is judged: a level that no trial took up is lost."""
        self._entered.pop((candidate.model_type.value, candidate.version), None)

    def begin(self, candidate: Candidate, active: str, clock: int) -> ShadowTrial:
        """A trial against the active version, from an event clock (µs) on; nothing before it counts."""
        names = candidate.model_type, candidate.version, active
        if not self._policy.sequential:
            return ShadowTrial(*names, clock)
        return EvidenceTrial(*names, clock, self._terms(candidate, active, clock))

    def won(self, trial: ShadowTrial | None) -> None:
        """A trial's candidate was promoted, so that its type's next trials may spend more."""
        if isinstance(trial, EvidenceTrial):
            self.levels.won(trial.model_type.value, trial.terms.number)

    def _terms(self, candidate: Candidate, active: str, clock: int) -> Terms:
        policy, scope, name = self._policy, self._scope, candidate.model_type.value
        entered = self._entered.pop((name, candidate.version), None)
        number, level = entered or self.levels.spend(name)
        rows, overlap = rows_of(candidate, scope, policy.shadow_max_days)
        rules = DuelRules(
            level=level,
            improvement=improvement(policy),
            horizon=max(policy.shadow_min_rows, rows),
            least=max(DuelRules.least, policy.min_effective_outcomes * scope.horizon),
            overlap=overlap,
        )
        told = taught(candidate, active, rules.block)
        credit = entered is not None and _credited(told)
        if credit:  # rows of the hold-out are rows of the duel
            rules = replace(rules, horizon=rules.horizon + told["credit_rows"])
        return Terms(
            number=number,
            until=clock + round(policy.shadow_max_days * DAY),
            least_rows=policy.shadow_min_rows,
            rules=rules,
            known=tuple(told.get("credit" if credit else "state", ())),
            evaluated=str(told["evaluated"]) if credit else "",
            floor=floor_of(candidate.evaluation.get("evidence", {})),
        )

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        entered = [[*key, *value] for key, value in self._entered.items()]
        return {"levels": self.levels.state(), "entered": entered}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.levels.restore(state["levels"])
        self._entered = {(name, version): (n, level) for name, version, n, level in state["entered"]}


def rows_of(candidate: Candidate, scope: Scope, days: float) -> tuple[int, int]:
    """Pairs that some days bring if no bar is missing, and how many of them overlap.

    The hold-out has seen how many symbols a bar has; without it the scope's declaration has to do.
    """
    symbols = _told(candidate).get("symbols") or max(1, len(scope.symbols))
    bars = days * DAY / (scope.bar_seconds * SECOND)
    return round(bars * symbols), scope.horizon * symbols


def taught(candidate: Candidate, against: str, block: int) -> Mapping[str, Any]:
    """What the hold-out taught the duels of a candidate and a version; empty if it was beside another.

    Parameters:
        block: rows in one block of the long-run variance.
    """
    told = _told(candidate)
    return told if (told.get("against"), told.get("block")) == (against, block) else {}


def _credited(told: Mapping[str, Any]) -> bool:
    """Whether the hold-out counts, for a fit that is kept."""
    return "credit" in told and bool(told.get("evaluated"))


def _told(candidate: Candidate) -> Mapping[str, Any]:
    told: Mapping[str, Any] = candidate.evaluation.get("evidence", {}).get("duel", {})
    return told


def improvement(policy: Policy) -> float:
    """The improvement that a trial asks for, fraction of the MAE."""
    return max(policy.min_improvement_threshold, LEAST_IMPROVEMENT)


def trial_from(state: Mapping[str, Any]) -> ShadowTrial:
    """A trial from its saved state: it goes on by the rules that it was opened under."""
    return EvidenceTrial.restored(state) if "duel" in state else ShadowTrial.restored(state)
