"""The seed's facade: the whole cycle in process, over the same steps and rules as the workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog

from clm.decisions.promotion import PROMOTE, Ruling
from clm.events import Event
from clm.model import (
    CycleReport,
    EvaluationResult,
    ModelArtifact,
    ModelType,
    RetrainTrigger,
    ShadowTestResult,
)
from clm.policy import Policy
from clm.ports import DataClient, FeatureEngineer, ModelEvaluator, ModelRegistry, ModelTrainer, ShadowTester
from clm.scope import Scope
from clm.steps import status, training
from clm.steps.attempts import Attempts, limits_of
from clm.steps.candidates import Candidates
from clm.steps.due import due_now, watched
from clm.steps.promoting import Promoter
from clm.steps.report import Cycle
from clm.steps.thresholds import Thresholds
from clm.steps.workshop import Explain, Workshop, guarded

if TYPE_CHECKING:
    import pandas as pd

log = structlog.get_logger(__name__)

PARALLEL_TRAININGS = 4
"""Fits of one cycle that run at once; each is single-threaded and leaves the interpreter's lock."""

Artifacts = Mapping[ModelType, ModelArtifact]
"""Candidates by model type."""


class ContinuousLearningManager(Thresholds):
    """Keeps the models of a trader good: detects, trains, evaluates, shadows, promotes.

    Parameters:
        data_client ... registry: the seed's six protocols, injected.
        retrain_interval_days, training_lookback_days: days.
        shadow_test_hours: event hours; 0 skips the shadow.
        min_improvement_threshold: fraction of RMSE.
        scope: what is forecast; only its name and history matter here.
        events: the recorded events, oldest first, iterable more than once. With them a retrain is due
            where the watcher ordered one that no recorded run has taken up; without, decay is the active
            model on recent data, data volume its bars after the training range, and a regime shift never
            fires.
        policy: replaces the four thresholds above, and sets the others.
        clock: the moment "now" (UTC) where there are no events.
        training_params: model type -> hyperparameters.
        explain: says what a candidate's forecasts rest on, as ``clm.learning.explanation.Explainer``; None:
            candidates are not explained.
        time_limits: model type -> seconds that a training may take; others any. One that takes longer is
            left out like one that fails. What hangs in native code cannot be ended within a process, nor a
            crash be survived: the workers (``clm up``) do both.

    Raises:
        ConfigurationError: a threshold or a time limit is out of range.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the seed's ten, by position
        self,
        data_client: DataClient,
        feature_engineer: FeatureEngineer,
        trainer: ModelTrainer,
        evaluator: ModelEvaluator,
        shadow_tester: ShadowTester,
        registry: ModelRegistry,
        retrain_interval_days: float = 7,
        shadow_test_hours: float = 24,
        min_improvement_threshold: float = 0.02,
        training_lookback_days: float = 90,
        *,
        scope: Scope | None = None,
        events: Iterable[Event] | None = None,
        policy: Policy | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        training_params: Mapping[str, Mapping[str, Any]] | None = None,
        explain: Explain | None = None,
        time_limits: Mapping[str, float] | None = None,
    ) -> None:
        self.policy = policy or Policy(
            retrain_interval_days=retrain_interval_days,
            shadow_test_hours=shadow_test_hours,
            min_improvement_threshold=min_improvement_threshold,
            training_lookback_days=training_lookback_days,
        )
        self.data_client, self.feature_engineer = data_client, feature_engineer
        self.shadow_tester, self.registry = shadow_tester, registry
        self.scope, self.events = scope or Scope(), events
        self.workshop = Workshop(
            engineer=feature_engineer,
            trainer=trainer,
            evaluator=evaluator,
            policy=self.policy,
            params=training_params or {},
            explain=explain,
        )
        self.rulings: dict[ModelType, Ruling] = {}  # of the last cycle or promotion
        self._clock, self._attempts = clock, Attempts()
        self._limits = limits_of(time_limits or {})
        self._candidates = Candidates(self.workshop, registry)
        self._promoter = Promoter(registry, self.policy)

    @property
    def failures(self) -> Mapping[ModelType, str]:
        """Why a model failed since the last training began."""
        return self._attempts.failures

    def check_if_retrain_needed(self) -> dict[ModelType, RetrainTrigger | None]:
        """By model type the first trigger that is due, or None."""
        if self.events is not None:
            ordered = watched(self.events, self.scope, self.policy).due
            return {each: ordered.get(each) for each in self.policy.models}
        load, now = cache(self._load), self._now()  # loaded once for all, or never while naive serves
        active = {each: self.registry.get_active(each) for each in self.policy.models}
        return {each: due_now(found, load, now, self.workshop) for each, found in active.items()}

    def retrain_all(self, models: list[ModelType] | None = None) -> dict[ModelType, ModelArtifact]:
        """Train and register a candidate of each model type; one that fails is left out and logged."""
        self._attempts.begin()
        wanted = {each: each for each in models or self.policy.models}
        frame = self._attempts.one(wanted, self._load)
        if frame is None:
            return {}
        fits = self._attempts.each(
            wanted, lambda each: self._train_single_model(each, frame), PARALLEL_TRAININGS, self._limits
        )
        return self._attempts.each(fits, self._registered)

    def evaluate_models(self, artifacts: Artifacts) -> dict[ModelType, EvaluationResult]:
        """Judge candidates on the hold-out, beside the active version; one that fails is left out."""
        return self._attempts.each(artifacts, lambda each: self._candidates.judge(each, self._load))

    def run_shadow_tests(self, artifacts: Artifacts) -> dict[ModelType, ShadowTestResult]:
        """Run every candidate beside the active model, at most ``max_concurrent_shadows`` at once."""
        at_once = self.policy.max_concurrent_shadows
        return self._attempts.each(artifacts, self._shadowed, at_once)

    def promote_if_better(
        self,
        artifacts: Artifacts,
        results: Mapping[ModelType, EvaluationResult],
        shadows: Mapping[ModelType, ShadowTestResult],
    ) -> list[ModelType]:
        """Promote those that won, retire those that lost; the promoted types. May be overridden."""
        judged = [each for each in artifacts if each in results]
        self.rulings = {each: self._promoter.rule(results[each], shadows.get(each)) for each in judged}
        for each, ruling in self.rulings.items():
            log.info("verdict", model_type=each.value, result=ruling.result, reason=ruling.reason)
        ruled = {each: (artifacts[each], ruling) for each, ruling in self.rulings.items()}
        moved = self._attempts.each(ruled, lambda each: self._promoter.carry_out(*each))
        return [each for each, result in moved.items() if result == PROMOTE]

    def run_full_cycle(self, models: list[ModelType] | None = None, force: bool = False) -> CycleReport:
        """Trigger, train, evaluate, shadow, promote.

        Parameters:
            force: retrain whether or not a trigger is due; the gates hold all the same.
        """
        began, started_at = time.perf_counter(), self._now()
        self._attempts.begin()
        self.rulings = {}
        due = self._wanted(models, force)
        artifacts = self.retrain_all(list(due)) if due else {}
        results = self.evaluate_models(artifacts)
        shadows = self.run_shadow_tests(self._promoter.to_shadow(artifacts, results))
        promoted = self.promote_if_better(artifacts, results, shadows)
        cycle = Cycle(due, list(artifacts), promoted, list(self.failures), self.rulings)
        report = cycle.report(started_at, time.perf_counter() - began)
        log.info("cycle", summary=report.summary())
        return report

    def get_model_status_summary(self) -> dict[str, dict[str, Any]]:
        """By model type: ``active_version``, ``active_trained_at``, ``active_metrics``."""
        return status.summary(self.registry, self.policy.models)

    def _wanted(self, models: list[ModelType] | None, force: bool) -> dict[ModelType, RetrainTrigger]:
        """What to train now, and why."""
        wanted = list(models or self.policy.models)
        if force:
            return dict.fromkeys(wanted, RetrainTrigger.MANUAL)
        found = self.check_if_retrain_needed()
        return {each: trigger for each in wanted if (trigger := found.get(each)) is not None}

    def _train_single_model(self, model_type: ModelType, df: pd.DataFrame) -> ModelArtifact:
        """A candidate from a frame of features; it is judged already, but not yet registered."""
        return self._candidates.train(model_type, df, self._now())

    def _registered(self, artifact: ModelArtifact) -> ModelArtifact:
        name = f"registration of {artifact.model_type.value}"
        guarded(name, lambda: self.registry.save_model(artifact))
        return artifact

    def _shadowed(self, artifact: ModelArtifact) -> ShadowTestResult:
        return self._promoter.shadow(self.shadow_tester, artifact, self._candidates.known(artifact))

    def _load(self) -> pd.DataFrame:
        regimes = watched(self.events or (), self.scope, self.policy).regimes
        return training.load_frame(self.data_client, self.workshop, regimes)

    def _now(self) -> datetime:
        as_of = getattr(self.data_client, "as_of", None)
        return as_of if isinstance(as_of, datetime) else self._clock()
