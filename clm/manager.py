"""The seed's facade: the whole cycle in process, over the same steps and rules as the workers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from clm.decisions.promotion import PROMOTE, REJECT, Ruling, decide
from clm.decisions.triggers import Observation, fired
from clm.decisions.watch import WatcherFold
from clm.errors import ClmError
from clm.events import Event, micros
from clm.model import (
    CycleReport,
    EvaluationResult,
    ModelArtifact,
    ModelType,
    RetrainTrigger,
    ShadowTestResult,
    version_name,
)
from clm.policy import Policy
from clm.ports import (
    DataClient,
    FeatureEngineer,
    ModelEvaluator,
    ModelRegistry,
    ModelTrainer,
    ShadowTester,
)
from clm.scope import Scope
from clm.steps import status, training
from clm.steps.splits import Split

if TYPE_CHECKING:
    import pandas as pd

log = structlog.get_logger(__name__)

PARALLEL_TRAININGS = 4
"""Fits of one cycle that run at once; each is single-threaded and leaves the interpreter's lock."""


class ContinuousLearningManager:
    """Keeps the models of a trader good: detects, trains, evaluates, shadows, promotes.

    Parameters:
        data_client ... registry: the seed's six protocols, injected.
        retrain_interval_days, training_lookback_days: days.
        shadow_test_hours: event hours; 0 skips the shadow.
        min_improvement_threshold: fraction of RMSE.
        scope: what is forecast; only its name and history matter here.
        events: the recorded events, oldest first, iterable more than once. With them the triggers are
            those of the watcher; without, decay is the active model on recent data, data volume its
            bars after the training range, and a regime shift never fires.
        policy: replaces the four thresholds above, and sets the others.
        clock: the moment "now" (UTC) where there are no events.
        training_params: model type -> hyperparameters.

    Raises:
        ConfigurationError: a threshold is out of range.
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
        self.workshop = training.Workshop(
            engineer=feature_engineer,
            trainer=trainer,
            evaluator=evaluator,
            policy=self.policy,
            params=training_params or {},
        )
        self.failures: dict[ModelType, str] = {}  # of the last cycle: why a model failed
        self.rulings: dict[ModelType, Ruling] = {}  # of the last promotion
        self._clock = clock
        self._parts: dict[tuple[ModelType, str], Split] = {}
        self._fold: WatcherFold | None = None

    # --- the seed's thresholds, as it names them ---

    @property
    def retrain_interval_days(self) -> float:
        """Days after which a training is old."""
        return self.policy.retrain_interval_days

    @property
    def shadow_test_hours(self) -> float:
        """Least event hours of a shadow."""
        return self.policy.shadow_test_hours

    @property
    def min_improvement_threshold(self) -> float:
        """Fraction of RMSE that a candidate has to be better by."""
        return self.policy.min_improvement_threshold

    @property
    def training_lookback_days(self) -> float:
        """Days of bars in a training."""
        return self.policy.training_lookback_days

    # --- the cycle ---

    def check_if_retrain_needed(self) -> dict[ModelType, RetrainTrigger | None]:
        """By model type the first trigger that is due, or None."""
        fold = self.watcher()
        if fold is not None:
            return {each: fold.due(each) for each in self.policy.models}
        return {each: self._due_from_data(each) for each in self.policy.models}

    def retrain_all(self, models: list[ModelType] | None = None) -> dict[ModelType, ModelArtifact]:
        """Train and register a candidate of each model type; one that fails is left out and logged."""
        wanted, self.failures = list(models or self.policy.models), {}
        frame = self._attempt(wanted, self._load)
        if frame is None:
            return {}
        with ThreadPoolExecutor(PARALLEL_TRAININGS) as pool:
            futures = {each: pool.submit(self._train_single_model, each, frame) for each in wanted}
            made = {each: self._attempt([each], future.result) for each, future in futures.items()}
        artifacts = {each: artifact for each, artifact in made.items() if artifact is not None}
        for artifact in artifacts.values():
            self.registry.save_model(artifact)
        return artifacts

    def evaluate_models(
        self, artifacts: Mapping[ModelType, ModelArtifact]
    ) -> dict[ModelType, EvaluationResult]:
        """Judge candidates on the hold-out, beside the active version; one that fails is left out."""
        judged = {
            each: self._attempt([each], partial(self._judge, artifact))
            for each, artifact in artifacts.items()
        }
        return {each: result for each, result in judged.items() if result is not None}

    def run_shadow_tests(
        self, artifacts: Mapping[ModelType, ModelArtifact]
    ) -> dict[ModelType, ShadowTestResult]:
        """Run every candidate beside the active model, at most ``max_concurrent_shadows`` at once."""
        with ThreadPoolExecutor(self.policy.max_concurrent_shadows) as pool:
            futures = {each: pool.submit(self._shadow, a) for each, a in artifacts.items()}
            results = {each: self._attempt([each], f.result) for each, f in futures.items()}
        return {each: result for each, result in results.items() if result is not None}

    def promote_if_better(
        self,
        artifacts: Mapping[ModelType, ModelArtifact],
        results: Mapping[ModelType, EvaluationResult],
        shadows: Mapping[ModelType, ShadowTestResult],
    ) -> list[ModelType]:
        """Promote those that won, retire those that lost; the promoted types. May be overridden."""
        self.rulings = {
            each: decide(results[each], shadows.get(each), self.policy, first=self._first(each))
            for each in artifacts
            if each in results
        }
        for each, ruling in self.rulings.items():
            log.info("verdict", model_type=each.value, result=ruling.result, reason=ruling.reason)
            if ruling.result == PROMOTE:
                self.registry.promote(each, artifacts[each].version)
            elif ruling.result == REJECT:
                self.registry.retire(each, artifacts[each].version)
        return [each for each, ruling in self.rulings.items() if ruling.result == PROMOTE]

    def run_full_cycle(self, models: list[ModelType] | None = None, force: bool = False) -> CycleReport:
        """Trigger, train, evaluate, shadow, promote.

        Parameters:
            force: retrain whether or not a trigger is due; the gates hold all the same.
        """
        began, started_at = time.perf_counter(), self._now()
        wanted = list(models or self.policy.models)
        found = self.check_if_retrain_needed()
        triggers = {each: found.get(each) for each in wanted}
        if force:
            triggers = dict.fromkeys(wanted, RetrainTrigger.MANUAL)
        due = {each: trigger for each, trigger in triggers.items() if trigger is not None}
        artifacts = self.retrain_all(list(due)) if due else {}
        results = self.evaluate_models(artifacts)
        shadows = self.run_shadow_tests(self._to_shadow(artifacts, results))
        promoted = self.promote_if_better(artifacts, results, shadows)
        report = CycleReport(
            started_at=started_at,
            trigger=next((t for t in RetrainTrigger if t in due.values()), None),
            trained_models=list(artifacts),
            promoted_models=promoted,
            failed_models=list(self.failures) if due else [],
            total_duration_seconds=time.perf_counter() - began,
            rejected_models=self._ruled(REJECT, promoted),
            undecided_models=self._ruled("undecided", promoted),
            triggers=due,
            reasons={each: ruling.reason for each, ruling in self.rulings.items()},
        )
        log.info("cycle", summary=report.summary())
        return report

    def get_model_status_summary(self) -> dict[str, dict[str, Any]]:
        """By model type: ``active_version``, ``active_trained_at``, ``active_metrics``."""
        return status.summary(self.registry, self.policy.models)

    # --- its parts ---

    def watcher(self) -> WatcherFold | None:
        """The watcher's fold over the recorded events, None without events."""
        if self.events is None:
            return None
        fold = WatcherFold(self.scope, self.policy)
        for event in self.events:
            fold.apply(event)
        return fold

    def _train_single_model(self, model_type: ModelType, df: pd.DataFrame) -> ModelArtifact:
        """A candidate from a frame of features; it is judged already, but not yet registered."""
        parts, as_of = training.split(df, self.workshop), self._now()
        active = self.registry.get_active(model_type)
        order = training.Order(
            model_type,
            self._free_version(model_type, as_of),
            as_of,
            parent=active.version if active else None,
        )
        artifact = training.make(order, parts, self.workshop)
        self._parts[model_type, artifact.version] = parts
        return training.with_metrics(artifact, self._judge(artifact))

    def _judge(self, artifact: ModelArtifact) -> EvaluationResult:
        key = artifact.model_type, artifact.version
        parts = self._parts.get(key) or training.split(self._load(), self.workshop)
        active = self.registry.get_active(artifact.model_type)
        return training.judge(artifact, parts, self.workshop, active)

    def _shadow(self, artifact: ModelArtifact) -> ShadowTestResult:
        model_type, active = artifact.model_type, self.registry.get_active(artifact.model_type)
        bound = getattr(self.shadow_tester, "bound", None)
        tester = self.shadow_tester if bound is None else bound(artifact, active)
        return training.guarded(
            f"shadow of {model_type.value}",
            lambda: tester.run_shadow_test(
                model_type,
                artifact.model_object,
                active.model_object if active else None,
                hours=math.ceil(self.policy.shadow_test_hours),  # the seed's port takes whole hours
            ),
        )

    def _load(self) -> pd.DataFrame:
        fold = self.watcher()
        regimes = fold.regimes.changes if fold else ()
        return training.load_frame(self.data_client, self.workshop, regimes)

    def _to_shadow(
        self,
        artifacts: Mapping[ModelType, ModelArtifact],
        results: Mapping[ModelType, EvaluationResult],
    ) -> dict[ModelType, ModelArtifact]:
        """The candidates about which the evaluation alone does not decide."""
        return {
            each: artifact
            for each, artifact in artifacts.items()
            if each in results
            and decide(results[each], None, self.policy, first=self._first(each)).result == "undecided"
        }

    def _first(self, model_type: ModelType) -> bool:
        """Whether no trained version was ever active."""
        if self.registry.get_active(model_type) is not None:
            return False
        history = self.registry.get_model_history(model_type, limit=1000)
        return all(artifact.activated_at is None for artifact in history)

    def _due_from_data(self, model_type: ModelType) -> RetrainTrigger | None:
        active, now = self.registry.get_active(model_type), self._now()
        if active is None:
            return RetrainTrigger.TIME
        frame = self._load()
        recent = self._recent(active, frame)
        end = micros(active.training_range[1])
        seen = Observation(
            model_type=model_type,
            clock=micros(now),
            on_tick=True,
            active=active.version,
            trained_at=micros(active.trained_at),
            data_since=None,
            accuracy=recent,
            baseline=active.metrics.get("directional_accuracy", float("nan")),
            pairs=self.policy.decay_window_pairs,
            new_points=int((frame["at"] > end).sum()) if "at" in frame.columns else 0,
            regime=None,
            trained_regime=None,
            command=None,
            open_run=None,
            decided_at=None,
        )
        found = fired(seen, self.policy)
        return found[0].trigger if found else None

    def _recent(self, active: ModelArtifact, frame: pd.DataFrame) -> float:
        """Directional accuracy of the active model on recent data, fraction."""
        result = training.guarded(
            "evaluation of the active model",
            lambda: self.workshop.evaluator.evaluate(active.model_object, frame, active.model_type),
        )
        return result.directional_accuracy

    def _free_version(self, model_type: ModelType, trained_at: datetime) -> str:
        name = version_name(trained_at)
        taken = {a.version for a in self.registry.get_model_history(model_type, limit=1000)}
        names = (name if k == 1 else f"{name}_{k}" for k in range(1, len(taken) + 2))
        return next(each for each in names if each not in taken)

    def _now(self) -> datetime:
        as_of = getattr(self.data_client, "as_of", None)
        return as_of if isinstance(as_of, datetime) else self._clock()

    def _ruled(self, result: str, promoted: list[ModelType]) -> list[ModelType]:
        ruled = [each for each, ruling in self.rulings.items() if ruling.result == result]
        return [each for each in ruled if each not in promoted]

    def _attempt(self, models: Iterable[ModelType], call: Callable[[], Any]) -> Any:
        """The call's value, or None with its error logged as the failure of these models."""
        try:
            return call()
        except ClmError as error:
            for each in models:
                self.failures[each] = str(error)
                log.error("failed", model_type=each.value, error=str(error))  # noqa: TRY400 - the message says it
            return None
