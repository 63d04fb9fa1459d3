"""The default shadow tester: replays recorded events past a candidate, by the shadow's own fold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clm.decisions.bout import Bout
from clm.decisions.candidate import Candidate, evaluation_fields, shadow_from
from clm.decisions.promotion import PROMOTE, REJECT
from clm.decisions.shadow import ShadowFold
from clm.errors import ConfigurationError, MalformedEvent
from clm.events import CLOCK_KINDS, Event, Run, micros
from clm.learning.bundle import Bundle
from clm.learning.scoring import BundleScorer
from clm.model import EvaluationResult, ModelArtifact, ModelType, ShadowTestResult
from clm.policy import Policy
from clm.ports import InputLog
from clm.records import Decision
from clm.scope import Scope
from clm.store.artifact_store import MemoryArtifactStore

UNSTORED, EVALUATED = "unstored", "unstored, without the hold-out"
"""Stand for the sha256 of bundles that are at hand."""


@dataclass(frozen=True)
class ReplayShadowTester:
    """A ShadowTester over recorded events: the same fields as the live shadow gives for them.

    The active version's forecasts are those that the trader published, so its model is not asked again.
    Runs in the record are passed over: only the bound candidate is on trial. Under policy ``sequential``
    level and what the hold-out counts are the live shadow's, as far as ``after`` and ``taught`` tell them.
    """

    events: Iterable[Event]  # admitted, oldest first; iterable more than once
    inputs: InputLog  # the rows that the trader published
    scope: Scope
    policy: Policy
    candidate: ModelArtifact | None = None  # who is on trial
    evidence: Mapping[str, Any] = field(default_factory=dict)  # what the hold-out taught its duel
    before: Sequence[bool] = ()  # earlier candidates of its type, oldest first: whether each was promoted

    def bound(self, candidate: ModelArtifact, active: ModelArtifact | None) -> ReplayShadowTester:  # noqa: ARG002
        """The tester of one candidate; which version is active, the recorded moves say."""
        return replace(self, candidate=candidate)

    def taught(self, evaluation: EvaluationResult) -> ReplayShadowTester:
        """The tester that knows what a hold-out taught."""
        duel = evaluation.evidence.get("duel")
        return replace(self, evidence={"duel": duel} if duel else {})

    def after(self, promoted: Sequence[bool]) -> ReplayShadowTester:
        """The tester whose budget has paid for the type's earlier candidates, oldest first."""
        return replace(self, before=tuple(promoted))

    def run_shadow_test(
        self,
        model_type: ModelType,
        candidate_model: Any,
        active_model: Any,  # noqa: ARG002 - its forecasts are recorded
        hours: float = 24,
    ) -> ShadowTestResult:
        """Score the bound candidate on the events after its ``trained_at``, until its trial ends.

        Parameters:
            candidate_model: a bundle, or a model of the columns that the candidate's record names.
            hours: least event hours.

        Returns:
            What the verdict saw; ``complete=False`` while the events do not suffice.

        Raises:
            ConfigurationError: no candidate of this type is bound.
            UnreachableServer: the input rows could not be read.
            MissingLibrary: the model's library is not installed.
        """
        if self.candidate is None or self.candidate.model_type is not model_type:
            raise ConfigurationError(
                f"no candidate of {model_type.value} is bound, so it is unknown from when on to test it: "
                "call bound(candidate, active) first"
            )
        policy = replace(self.policy, shadow_test_hours=hours)
        models = {UNSTORED: candidate_model, EVALUATED: self.candidate.holdout_model}
        bundles = {name: _bundle(self.candidate, each) for name, each in models.items() if each is not None}
        fold = ShadowFold(self.scope, policy, ModelScorer(bundles, self.inputs, self.scope))
        fold.bouts.trials.levels.follow(model_type.value, self.before)
        return self._replayed(self.candidate, fold, policy)

    def _replayed(self, artifact: ModelArtifact, fold: ShadowFold, policy: Policy) -> ShadowTestResult:
        as_of, bout = micros(artifact.trained_at), None
        for event in self.events:
            if bout is None and event.kind in CLOCK_KINDS and event.at > as_of:
                bout = self._challenged(fold, artifact)
            for decision in _verdicts(fold, event):
                if bout is not None and bout not in fold.open:
                    return _ended(decision, bout, fold, policy)
        return _standing(bout or self._challenged(fold, artifact), fold, policy)

    def _challenged(self, fold: ShadowFold, artifact: ModelArtifact) -> Bout:
        """Put the candidate on trial as of its training, where the live shadow heard of it."""
        as_of = micros(artifact.trained_at)
        fold.intake.clock = max(fold.intake.clock, as_of)
        name = artifact.model_type, artifact.version
        passed = replace(_passed(artifact), evidence=self._evidence(artifact))
        fold.challenge(Candidate(*name, artifact.run or "", UNSTORED, as_of, evaluation_fields(passed)))
        return fold.open[-1]

    def _evidence(self, artifact: ModelArtifact) -> dict[str, Any]:
        """What the hold-out taught; it counts where the fit that was evaluated on it is at hand."""
        kept = artifact.holdout_model is not None
        duels = {
            name: {**duel, "evaluated": EVALUATED if kept else ""} for name, duel in self.evidence.items()
        }
        return dict(duels)


class ModelScorer(BundleScorer):
    """Scores with models that are at hand.

    Parameters:
        bundles: by what stands for their sha256.
    """

    def __init__(self, bundles: Mapping[str, Bundle], inputs: InputLog, scope: Scope) -> None:
        super().__init__(MemoryArtifactStore(), inputs, scope)
        self._at_hand = bundles

    def _bundle(self, sha256: str) -> Bundle:
        return self._at_hand[sha256]


def _verdicts(fold: ShadowFold, event: Event) -> Iterator[Decision]:
    """What the fold decides at an event; recorded runs are passed over, like what is malformed."""
    if isinstance(event, Run):
        return
    try:
        yield from fold.apply(event)
    except MalformedEvent:
        return


def _passed(artifact: ModelArtifact) -> EvaluationResult:
    """An evaluation that leaves the verdict to the shadow: the facade asks the real one itself."""
    return EvaluationResult(
        model_type=artifact.model_type,
        version=artifact.version,
        rmse=0.0,
        mae=0.0,
        error_std=0.0,
        directional_accuracy=math.nan,
        hit_rate=math.nan,
        vs_active_rmse_delta=-1.0,
        vs_active_direction_delta=math.nan,
        correlation_with_target=math.nan,
        prediction_bias=0.0,
        regime_accuracy={},
        evaluated_at=artifact.trained_at,
        skill=1.0,
    )


def _ended(decision: Decision, bout: Bout, fold: ShadowFold, policy: Policy) -> ShadowTestResult:
    """What the verdict saw; one that the trial did not give is told by its own reason."""
    saved = decision.evidence["shadow"]
    seen = _standing(bout, fold, policy) if saved is None else shadow_from(saved)
    if decision.kind == PROMOTE or decision.reason == seen.reason:
        return seen
    critical = decision.kind == REJECT  # an issue that no further event can mend
    return replace(seen, complete=critical, recommend_promotion=False, reason=decision.reason)


def _standing(bout: Bout, fold: ShadowFold, policy: Policy) -> ShadowTestResult:
    """What the trial has shown so far."""
    assert bout.trial is not None  # the only candidate never waits for a place
    return bout.trial.result(fold.intake.clock, policy)


def _bundle(artifact: ModelArtifact, model: Any) -> Bundle:
    """What the default trainer made, or another trainer's bare model with its record's columns."""
    if isinstance(model, Bundle):
        return model
    features = artifact.feature_config
    start, end = artifact.training_range
    return Bundle(
        model_type=artifact.model_type,
        model=model,
        schema=str(features.get("schema")),
        columns=tuple(features.get("columns", ())),
        target=str(features.get("target")),
        horizon=int(features.get("horizon", 1)),
        naive="",
        rows=artifact.data_points,
        training_range=(micros(start), micros(end)),
        data_digest="",
        seed=0,
        params=artifact.training_params,
    )
