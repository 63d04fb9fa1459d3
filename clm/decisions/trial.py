"""A trial: one candidate scored on the same live events as the active version. Rule ``seed-shadow-1``.

The seed's rule: recommend when the candidate's MAE is lower and its direction not lower, at the first
entry with the hours passed and enough effective outcomes. It also has to beat the naive forecast.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import Any, ClassVar

from clm.decisions.direction import GUESS, hit, ratio
from clm.decisions.kolmogorov_smirnov import ks_test
from clm.events import HOUR, moment
from clm.model import ModelType, ShadowTestResult
from clm.policy import Policy

RULE = "seed-shadow-1"
KS_LEVEL = 0.05
"""The level of the Kolmogorov-Smirnov test when the policy requires it."""
MAX_PAIRS = 100_000
"""Newest pairs behind a trial's statistics, so that its memory is bounded; all count as evidence."""


@dataclass(frozen=True)
class TrialPair:
    """What the candidate and the active version said of one outcome."""

    candidate: float  # target units, like all below
    active: float
    naive: float
    outcome: float
    regime: str  # at the prediction; empty if unknown
    evaluated: float | None = None  # of the fit without the hold-out, where that one is in the trial


def _newest(saved: Iterable[Any] = ()) -> deque[Any]:
    return deque(saved, MAX_PAIRS)


@dataclass
class Side:
    """What one of the two did on the newest pairs."""

    errors: deque[float] = field(default_factory=_newest)  # signed, target units
    hits: deque[bool | None] = field(default_factory=_newest)  # None: without a direction

    def observe(self, value: float, pair: TrialPair) -> None:
        """Fold one forecast."""
        self.errors.append(value - pair.outcome)
        self.hits.append(hit(value, pair.outcome, pair.naive))

    @property
    def magnitudes(self) -> list[float]:
        """Absolute errors."""
        return [abs(error) for error in self.errors]

    @property
    def accuracy(self) -> float:
        """Directional accuracy, fraction; NaN where it has no direction (the naive forecast)."""
        told = [each for each in self.hits if each is not None]
        return ratio(sum(told), len(told))


class ShadowTrial:
    """Folds the pairs of one trial; its statistics are of the newest ``MAX_PAIRS``.

    Parameters:
        model_type, candidate, active: the type and the two versions.
        opened_at: event clock at the start, µs.
    """

    rule: ClassVar[str] = RULE
    evaluated: str = ""  # sha256 of the fit without the hold-out, where that one is in the trial

    def __init__(self, model_type: ModelType, candidate: str, active: str, opened_at: int) -> None:
        self.model_type, self.candidate, self.active = model_type, candidate, active
        self.opened_at = opened_at
        self.horizon = 1  # bars, the longest seen
        self.pairs = 0  # matured
        self._candidate, self._active = Side(), Side()
        self._naive: deque[float] = _newest()  # absolute errors of the naive forecast
        self._regimes: deque[str] = _newest()

    def observe(self, pair: TrialPair, horizon: int) -> None:
        """Fold one matured pair."""
        self.horizon = max(self.horizon, horizon)
        self._candidate.observe(pair.candidate, pair)
        self._active.observe(pair.active, pair)
        self._naive.append(abs(pair.naive - pair.outcome))
        self._regimes.append(pair.regime)
        self.pairs += 1

    @property
    def effective(self) -> int:
        """Effectively independent outcomes: overlapping horizons share theirs."""
        return self.pairs // self.horizon

    def complete(self, clock: int, policy: Policy) -> bool:
        """Whether the hours have passed and the outcomes suffice."""
        long_enough = clock - self.opened_at >= policy.shadow
        return long_enough and self.effective >= policy.min_effective_outcomes

    def result(self, clock: int, policy: Policy) -> ShadowTestResult:
        """All that the trial has shown at an event clock (µs)."""
        ks, ks_p = ks_test(self._candidate.magnitudes, self._active.magnitudes)
        complete = self.complete(clock, policy)
        recommend, reason = self._recommend(clock, policy, ks_p)
        candidate_by, active_by = self._by_regime()
        return ShadowTestResult(
            model_type=self.model_type,
            candidate_version=self.candidate,
            active_version=self.active,
            live_predictions=self.pairs,
            candidate_mae=_mean(self._candidate.magnitudes),
            active_mae=_mean(self._active.magnitudes),
            candidate_direction_acc=self._candidate.accuracy,
            active_direction_acc=self._active.accuracy,
            error_ks_statistic=ks,
            error_mean_diff=_mean(self._candidate.magnitudes) - _mean(self._active.magnitudes),
            error_std_diff=_std(self._candidate.errors) - _std(self._active.errors),
            recommend_promotion=complete and recommend,
            reason=reason if complete else self._waiting(clock, policy),
            tested_from=moment(self.opened_at),
            tested_hours=(clock - self.opened_at) / HOUR,
            naive_mae=self.naive_mae,
            error_ks_p_value=ks_p,
            effective_outcomes=self.effective,
            regime_candidate_mae=candidate_by,
            regime_active_mae=active_by,
            complete=complete,
        )

    @property
    def naive_mae(self) -> float:
        """Mean absolute error of the naive forecast on the same pairs."""
        return _mean(self._naive)

    def receipt(self) -> dict[str, Any]:
        """What else a verdict's evidence holds."""
        return {}

    @property
    def errors(self) -> tuple[list[float], list[float]]:
        """Signed errors of the candidate and of the active version on the newest pairs."""
        return list(self._candidate.errors), list(self._active.errors)

    @property
    def maes(self) -> tuple[float, float]:
        """Mean absolute errors of the candidate and of the active version."""
        return _mean(self._candidate.magnitudes), _mean(self._active.magnitudes)

    @property
    def against(self) -> str:
        """The two, in words."""
        mine, theirs = self.maes
        return f"MAE {mine:.6g} against {theirs:.6g} of {self.active} over {self.pairs} pairs"

    def _recommend(self, clock: int, policy: Policy, ks_p: float) -> tuple[bool, str]:  # noqa: ARG002
        (mine, theirs), against = self.maes, self.against
        guess = self._active.accuracy
        bar = GUESS if math.isnan(guess) else guess
        if not mine < theirs:
            return False, f"not better: {against}"
        if not mine < self.naive_mae:
            return False, f"no skill over naive: MAE {mine:.6g} against {self.naive_mae:.6g}"
        if not self._candidate.accuracy >= bar:
            return False, f"direction lower: {self._candidate.accuracy:.4f} against {bar:.4f}"
        if policy.require_ks and not ks_p < KS_LEVEL:
            return False, f"error distributions do not differ: KS p {ks_p:.3f}"
        return True, f"better: {against}"

    def _waiting(self, clock: int, policy: Policy) -> str:
        hours = max(0.0, policy.shadow_test_hours - (clock - self.opened_at) / HOUR)
        more = max(0, policy.min_effective_outcomes - self.effective)
        return f"undecided: {hours:.1f} more hours, {more} more effective outcomes"

    def _by_regime(self) -> tuple[dict[str, float], dict[str, float]]:
        labels = sorted({label for label in self._regimes if label})

        def maes(side: Side) -> dict[str, float]:
            rows = list(zip(self._regimes, side.magnitudes, strict=True))
            return {label: _mean([e for known, e in rows if known == label]) for label in labels}

        return maes(self._candidate), maes(self._active)

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "of": [self.model_type.value, self.candidate, self.active, self.opened_at],
            "horizon": self.horizon,
            "pairs": self.pairs,
            "sides": [[list(s.errors), list(s.hits)] for s in (self._candidate, self._active)],
            "naive": list(self._naive),
            "regimes": list(self._regimes),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> ShadowTrial:
        """A trial from a saved state."""
        model_type, candidate, active, opened_at = state["of"]
        trial = cls(ModelType(model_type), candidate, active, opened_at)
        trial.resume(state)
        return trial

    def resume(self, state: Mapping[str, Any]) -> None:
        """Take up what a saved state had folded."""
        self.horizon, self.pairs = state["horizon"], state["pairs"]
        self._candidate, self._active = (
            Side(_newest(errors), _newest(hits)) for errors, hits in state["sides"]
        )
        self._naive, self._regimes = _newest(state["naive"]), _newest(state["regimes"])


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan


def _std(values: Sequence[float]) -> float:
    return pstdev(values) if values else math.nan
