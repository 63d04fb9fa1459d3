"""A trial of policy ``sequential``: a duel decides, the seed's figures are reported.

Rule ``sequential-shadow-1``. The duel may be looked at after every pair, so a trial ends as soon as it knows:
better, futile, or expired after the days that it was given. On slow bars, where these bring few pairs, it
goes on to a least number of them while those so far promise a verdict by then. A winner is held back, and
watched on, while its error is larger than the naive forecast's, or more than 5 % larger than the active
version's in a regime that was seen fifty times; neither can raise the probability of a false one.

Sources: ``clm.decisions.sequential.duel``, ``clm.decisions.levels``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.trial import ShadowTrial, TrialPair
from clm.events import micros, moment
from clm.model import ModelType, ShadowTestResult
from clm.policy import Policy

RULE = "sequential-shadow-1"
REGIME_PAIRS = 50
"""Pairs from which a regime is looked at."""
REGIME_WORSE = 1.05
"""Most that the mean absolute error in one regime may be of the active version's."""

BETTER, FUTILE, EXPIRED, REGIME, NAIVE = "better", "futile", "expired", "regime", "naive"
REFIT, NOISE = "refit", "noise"
"""What a trial is decided by; the last four held a winner back until its end."""

REFIT_WORSE = 1.005
"""Most that the mean absolute error of the refit may be of the evaluated fit's."""

WHY = {
    BETTER: "better",
    FUTILE: "not better by what is asked for",
    EXPIRED: "inconclusive at the end",
    REGIME: "better, but in one regime clearly worse",
    NAIVE: "better, but not than the naive forecast",
    NOISE: "better, but not by more than two equal trainings differ",
    REFIT: "better, but the fit on all rows is worse than the one that was evaluated",
}


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a trial is fought on."""

    number: int  # of the model type's trials, from 1
    until: int  # event clock at which it expires, µs
    least_rows: int  # but not before so many pairs
    rules: DuelRules
    known: tuple[float, ...] = ()  # the duel's state after the hold-out; empty: it was too short
    evaluated: str = ""  # sha256 of the fit whose hold-out counts; it fights, and the refit follows it
    floor: float = 0.0  # noise floor of the recipe, fraction of the MAE


class EvidenceTrial(ShadowTrial):
    """Folds the pairs of one trial into a duel, beside the figures that are reported."""

    rule: ClassVar[str] = RULE

    def __init__(
        self, model_type: ModelType, candidate: str, active: str, opened_at: int, terms: Terms
    ) -> None:
        from clm.decisions.sequential.duel import Duel  # compiled, so not before it is needed

        super().__init__(model_type, candidate, active, opened_at)
        self.terms = terms
        self.duel = Duel(terms.rules)
        if len(terms.known) == len(self.duel.state()):  # else it is of another version of the duel
            self.duel = Duel.restored(terms.rules, terms.known)
        self.evaluated = terms.evaluated
        self._both = [
            0,
            0.0,
            0.0,
        ]  # pairs that both fits forecast, losses of the refit and of the evaluated one
        self._sums: dict[str, list[float]] = {}  # by regime: pairs, losses of candidate, active and naive

    def observe(self, pair: TrialPair, horizon: int) -> None:
        """Fold one matured pair."""
        super().observe(pair, horizon)
        mine, theirs = pair.candidate - pair.outcome, pair.active - pair.outcome
        if not self.evaluated:
            self.duel.update(theirs, mine)
        elif pair.evaluated is not None:
            fighter = pair.evaluated - pair.outcome
            self.duel.update(theirs, fighter)
            row = (1, abs(mine), abs(fighter))
            self._both = [old + new for old, new in zip(self._both, row, strict=True)]
        sums = self._sums.setdefault(pair.regime, [0, 0.0, 0.0, 0.0])
        losses = (1, abs(mine), abs(theirs), abs(pair.naive - pair.outcome))
        sums[:] = [old + new for old, new in zip(sums, losses, strict=True)]

    def decided_by(self, clock: int) -> str:
        """What has decided at an event clock (µs); empty while nothing has."""
        verdict, over = self.duel.verdict, self._over(clock)
        if verdict == BETTER:
            held = self._held_back()
            return held if held and over else "" if held else BETTER
        return verdict if verdict != "open" else EXPIRED if over else ""

    def _over(self, clock: int) -> bool:
        """Whether its days and pairs are used up, or its days alone and no verdict is in sight."""
        if clock < self.terms.until or self.pairs >= self.terms.rules.horizon:
            return self.pairs >= self.terms.rules.horizon
        standing = self.duel.standing
        lost = standing.rows > 0 and standing.rows_needed is None
        return lost or self.pairs >= self.terms.least_rows

    def _held_back(self) -> str:
        """Which guard stops a winner; empty if none does."""
        for label, (pairs, mine, theirs, _) in sorted(self._sums.items()):
            if label and pairs >= REGIME_PAIRS and mine > REGIME_WORSE * theirs:
                return REGIME
        total = [sum(each) for each in zip(*self._sums.values(), strict=True)]
        if total[1] >= total[3]:
            return NAIVE
        if self.terms.floor > 0 and total[1] >= (1.0 - self.terms.floor) * total[2]:
            return NOISE
        return "" if self._follows() else REFIT

    def _follows(self) -> bool:
        """Whether the refit is not worse than the fit that fights, on enough of the same pairs."""
        pairs, refit, evaluated = self._both
        enough = pairs >= self.terms.rules.least and refit <= REFIT_WORSE * evaluated
        return not self.evaluated or enough

    def complete(self, clock: int, policy: Policy) -> bool:  # noqa: ARG002 - its terms are fixed
        """Whether it is decided."""
        return bool(self.decided_by(clock))

    def result(self, clock: int, policy: Policy) -> ShadowTestResult:
        """All that the trial has shown at an event clock (µs)."""
        standing = self.duel.standing
        return replace(
            super().result(clock, policy),
            level=self.terms.rules.level,
            log_e_better=standing.log_better,
            horizon_z=standing.late,
            log_e_futile=standing.log_futile,
            n_effective=standing.effective,
            events_needed=standing.rows_needed,
            decided_by=self.decided_by(clock),
        )

    def receipt(self) -> dict[str, Any]:
        """The duel, so that its verdict can be computed again."""
        regimes = {name: list(each) for name, each in self._sums.items()}
        return {"duel": self._duel(), "regimes": regimes, "both": list(self._both)}

    @classmethod
    def told(cls, shadow: ShadowTestResult, evidence: Mapping[str, Any]) -> EvidenceTrial:
        """The trial behind a receipt, to be asked what decided it; its other figures are not in there."""
        names = shadow.candidate_version, shadow.active_version
        trial = cls(shadow.model_type, *names, micros(shadow.tested_from), _terms(evidence["duel"]))
        trial.pairs, trial._both = shadow.live_predictions, list(evidence["both"])
        trial._sums = {name: list(each) for name, each in evidence["regimes"].items()}
        return trial

    def _recommend(self, clock: int, policy: Policy, ks_p: float) -> tuple[bool, str]:  # noqa: ARG002
        found = self.decided_by(clock)
        told = f"{WHY.get(found, found)}: {self.against}, level {self.terms.rules.level:.4g}"
        return found == BETTER, told

    def _waiting(self, clock: int, policy: Policy) -> str:  # noqa: ARG002
        needed = self.duel.standing.rows_needed
        if needed is None:
            return f"undecided: no verdict in sight before {moment(self.terms.until):%Y-%m-%d %H:%M}"
        return f"undecided: about {needed} more pairs"

    def _duel(self) -> dict[str, Any]:
        terms = self.terms
        return {
            "number": terms.number,
            "until": terms.until,
            "least_rows": terms.least_rows,
            "evaluated": terms.evaluated,
            "floor": terms.floor,
            "rules": asdict(terms.rules),
            "state": self.duel.state(),
        }

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        sums = [[name, *each] for name, each in self._sums.items()]
        return {**super().state(), "duel": self._duel(), "sums": sums, "both": list(self._both)}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> EvidenceTrial:
        """A trial from a saved state."""
        model_type, candidate, active, opened_at = state["of"]
        trial = cls(ModelType(model_type), candidate, active, opened_at, _terms(state["duel"]))
        trial.resume(state)
        trial._both = list(state["both"])
        trial._sums = {name: list(each) for name, *each in state["sums"]}
        return trial


def _terms(duel: Mapping[str, Any]) -> Terms:
    """As ``receipt`` tells them."""
    return Terms(
        number=duel["number"],
        until=duel["until"],
        least_rows=duel["least_rows"],
        rules=DuelRules(**duel["rules"]),
        known=tuple(duel["state"]),
        evaluated=duel["evaluated"],
        floor=duel["floor"],
    )
