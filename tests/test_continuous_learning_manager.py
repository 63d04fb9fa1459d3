"""The seed's library, checked by name, default and promise, with values computed by hand.

The six protocols are played by small fakes; what is under test is the facade and its rules.
"""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm import (
    ContinuousLearningManager,
    CycleReport,
    DataClient,
    EvaluationResult,
    FeatureEngineer,
    ModelArtifact,
    ModelEvaluator,
    ModelRegistry,
    ModelStatus,
    ModelTrainer,
    ModelType,
    Policy,
    RetrainTrigger,
    ShadowTester,
    ShadowTestResult,
)
from clm.model import BASE_MODELS, version_name

NOW = datetime(2025, 1, 30, 14, 30, 52, tzinfo=UTC)
XGB, LGB, NHITS, PATCHTST = ModelType.XGBOOST, ModelType.LIGHTGBM, ModelType.NHITS, ModelType.PATCHTST


class Bars:
    """A data client that counts down from NOW."""

    as_of = NOW

    def __init__(self) -> None:
        self.asked: list[int] = []

    def load_training_data(self, start: datetime, end: datetime) -> pd.DataFrame:
        return self._rows()

    def load_recent_data(self, days: int) -> pd.DataFrame:
        self.asked.append(days)
        return self._rows()

    def load_validation_data(self, days: int) -> pd.DataFrame:
        return self._rows()

    def _rows(self) -> pd.DataFrame:
        return pd.DataFrame({"f": np.arange(100.0), "target": np.arange(100.0), "naive": np.zeros(100)})


class Plain:
    """A feature engineer that leaves the frame alone."""

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        return df

    def get_feature_names(self) -> list[str]:
        return ["f"]


class Trainer:
    """Returns the name and the number of rows of each fit; raises for the types in ``broken``."""

    def __init__(self, *broken: ModelType) -> None:
        self.broken, self.fits = broken, []

    def _fit(self, model_type: ModelType, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        if model_type in self.broken:
            raise RuntimeError("out of memory")
        self.fits.append((model_type, len(df), params))
        return f"{model_type.value}:{len(df)}"

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit(XGB, df, params)

    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit(LGB, df, params)

    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit(NHITS, df, params)

    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        return self._fit(PATCHTST, df, params)


def result(model_type: ModelType = XGB, **changes: Any) -> EvaluationResult:
    """An evaluation with skill 0.2 over naive, overridden by ``changes``."""
    base = EvaluationResult(
        model_type=model_type,
        version="v20250130_143052",
        rmse=0.9,
        mae=0.8,
        error_std=0.9,
        directional_accuracy=0.6,
        hit_rate=0.58,
        vs_active_rmse_delta=float("nan"),
        vs_active_direction_delta=float("nan"),
        correlation_with_target=0.3,
        prediction_bias=0.01,
        regime_accuracy={},
        evaluated_at=NOW,
        naive_rmse=1.2,
        naive_mae=1.0,
        skill=0.2,
    )
    return replace(base, **changes)


class Evaluator:
    """Gives every candidate RMSE ``rmse`` and every active model 1.0."""

    def __init__(self, rmse: float = 0.9, **changes: Any) -> None:
        self.rmse, self.changes = rmse, changes

    def evaluate(self, model: Any, df: pd.DataFrame, model_type: ModelType) -> EvaluationResult:
        active = str(model).startswith("active")
        return result(model_type, rmse=1.0 if active else self.rmse, **self.changes)

    def compare_to_active(
        self, candidate_result: EvaluationResult, active_result: EvaluationResult
    ) -> EvaluationResult:
        delta = candidate_result.rmse / active_result.rmse - 1
        return replace(candidate_result, vs_active_rmse_delta=delta, active_version=active_result.version)


def shadow(model_type: ModelType = XGB, **changes: Any) -> ShadowTestResult:
    """A complete shadow that recommends, overridden by ``changes``."""
    base = ShadowTestResult(
        model_type=model_type,
        candidate_version="v2",
        active_version="v1",
        live_predictions=100,
        candidate_mae=0.8,
        active_mae=1.0,
        candidate_direction_acc=0.6,
        active_direction_acc=0.55,
        error_ks_statistic=0.1,
        error_mean_diff=-0.2,
        error_std_diff=-0.1,
        recommend_promotion=True,
        reason="better",
        tested_from=NOW,
        tested_hours=24.0,
    )
    return replace(base, **changes)


class Shadow:
    """A shadow tester that always says the same."""

    def __init__(self, **changes: Any) -> None:
        self.changes, self.calls = changes, []

    def run_shadow_test(
        self, model_type: ModelType, candidate_model: Any, active_model: Any, hours: int = 24
    ) -> ShadowTestResult:
        self.calls.append((model_type, candidate_model, active_model, hours))
        return shadow(model_type, **self.changes)


class Registry:
    """The smallest registry that keeps the protocol's promises."""

    def __init__(self, *artifacts: ModelArtifact) -> None:
        self.rows = {(a.model_type, a.version): a for a in artifacts}

    def get_active(self, model_type: ModelType) -> ModelArtifact | None:
        return next((a for a in self._of(model_type) if a.status is ModelStatus.ACTIVE), None)

    def save_model(self, artifact: ModelArtifact) -> None:
        self.rows[artifact.model_type, artifact.version] = artifact

    def promote(self, model_type: ModelType, new_version: str) -> None:
        active = self.get_active(model_type)
        if active is not None:
            self._set(active, ModelStatus.RETIRED)
        self._set(self.rows[model_type, new_version], ModelStatus.ACTIVE)

    def retire(self, model_type: ModelType, version: str) -> None:
        self._set(self.rows[model_type, version], ModelStatus.RETIRED)

    def get_model_history(self, model_type: ModelType, limit: int = 10) -> list[ModelArtifact]:
        return self._of(model_type)[::-1][:limit]

    def status(self, model_type: ModelType, version: str) -> ModelStatus:
        return self.rows[model_type, version].status

    def _of(self, model_type: ModelType) -> list[ModelArtifact]:
        return [a for a in self.rows.values() if a.model_type is model_type]

    def _set(self, artifact: ModelArtifact, status: ModelStatus) -> None:
        went_live = NOW if status is ModelStatus.ACTIVE else artifact.activated_at
        key = artifact.model_type, artifact.version
        self.rows[key] = replace(artifact, status=status, activated_at=went_live)


def artifact(model_type: ModelType = XGB, **changes: Any) -> ModelArtifact:
    """An active artifact trained eight days before NOW."""
    base = ModelArtifact(
        model_type=model_type,
        version="v20250122_000000",
        trained_at=NOW - timedelta(days=8),
        metrics={"directional_accuracy": 0.6},
        model_object="active",
        status=ModelStatus.ACTIVE,
        training_range=(NOW - timedelta(days=98), NOW - timedelta(days=8)),
        feature_config={},
        training_params={},
        data_points=1000,
        activated_at=NOW - timedelta(days=8),
    )
    return replace(base, **changes)


def manager(**parts: Any) -> ContinuousLearningManager:
    """A manager over fakes, any of them replaced."""
    defaults: dict[str, Any] = {
        "data_client": Bars(),
        "feature_engineer": Plain(),
        "trainer": Trainer(),
        "evaluator": Evaluator(),
        "shadow_tester": Shadow(),
        "registry": Registry(),
    }
    return ContinuousLearningManager(**{**defaults, **parts})


def names(kind: type) -> list[str]:
    return [each.name for each in fields(kind)]


# --- names (38-78, 103-119) ---


def test_the_enums_have_the_seed_s_members_and_values() -> None:
    assert [m.value for m in ModelType][:4] == ["xgboost", "lightgbm", "nhits", "patchtst"]
    assert [s.name for s in ModelStatus] == ["CANDIDATE", "SHADOW", "ACTIVE", "RETIRED"]
    assert {t.value for t in RetrainTrigger} == {
        "manual", "performance_decay", "regime_shift", "data_volume", "time",
    }  # fmt: skip


def test_an_artifact_begins_with_the_seed_s_fields() -> None:
    assert names(ModelArtifact)[:10] == [
        "model_type", "version", "trained_at", "metrics", "model_object", "status",
        "training_range", "feature_config", "training_params", "data_points",
    ]  # fmt: skip


def test_an_evaluation_begins_with_the_seed_s_fields() -> None:
    assert names(EvaluationResult)[:13] == [
        "model_type", "version", "rmse", "mae", "error_std", "directional_accuracy", "hit_rate",
        "vs_active_rmse_delta", "vs_active_direction_delta", "correlation_with_target",
        "prediction_bias", "regime_accuracy", "evaluated_at",
    ]  # fmt: skip


def test_a_shadow_result_begins_with_the_seed_s_fields() -> None:
    assert names(ShadowTestResult)[:15] == [
        "model_type", "candidate_version", "active_version", "live_predictions", "candidate_mae",
        "active_mae", "candidate_direction_acc", "active_direction_acc", "error_ks_statistic",
        "error_mean_diff", "error_std_diff", "recommend_promotion", "reason", "tested_from",
        "tested_hours",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("protocol", "method", "parameters"),
    [
        (DataClient, "load_training_data", ["start", "end"]),
        (DataClient, "load_recent_data", ["days"]),
        (DataClient, "load_validation_data", ["days"]),
        (FeatureEngineer, "transform", ["df"]),
        (FeatureEngineer, "get_feature_names", []),
        (ModelTrainer, "train_xgboost", ["df", "params"]),
        (ModelTrainer, "train_lightgbm", ["df", "params"]),
        (ModelTrainer, "train_nhits", ["df", "params"]),
        (ModelTrainer, "train_patchtst", ["df", "params"]),
        (ModelEvaluator, "evaluate", ["model", "df", "model_type"]),
        (ModelEvaluator, "compare_to_active", ["candidate_result", "active_result"]),
        (ShadowTester, "run_shadow_test", ["model_type", "candidate_model", "active_model", "hours"]),
        (ModelRegistry, "get_active", ["model_type"]),
        (ModelRegistry, "save_model", ["artifact"]),
        (ModelRegistry, "promote", ["model_type", "new_version"]),
        (ModelRegistry, "retire", ["model_type", "version"]),
        (ModelRegistry, "get_model_history", ["model_type", "limit"]),
    ],
)
def test_the_protocols_have_the_seed_s_signatures(protocol: type, method: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(protocol, method)).parameters)[1:] == parameters


def test_the_history_is_ten_versions_and_a_shadow_24_hours_unless_asked_otherwise() -> None:
    assert inspect.signature(ModelRegistry.get_model_history).parameters["limit"].default == 10
    assert inspect.signature(ShadowTester.run_shadow_test).parameters["hours"].default == 24


def test_a_version_is_the_moment_of_its_training() -> None:
    assert version_name(NOW) == "v20250130_143052"


# --- the constructor (84-93) ---


def test_the_constructor_takes_the_seed_s_ten_arguments_with_its_defaults() -> None:
    parameters = inspect.signature(ContinuousLearningManager).parameters
    assert list(parameters)[:10] == [
        "data_client", "feature_engineer", "trainer", "evaluator", "shadow_tester", "registry",
        "retrain_interval_days", "shadow_test_hours", "min_improvement_threshold",
        "training_lookback_days",
    ]  # fmt: skip
    clm = manager()
    assert (clm.retrain_interval_days, clm.shadow_test_hours) == (7, 24)
    assert (clm.min_improvement_threshold, clm.training_lookback_days) == (0.02, 90)


def test_the_registry_is_a_public_attribute() -> None:
    registry = Registry()
    assert manager(registry=registry).registry is registry


def test_a_threshold_out_of_range_is_named() -> None:
    with pytest.raises(Exception, match="shadow_test_hours is -1; it must be >= 0"):
        manager(shadow_test_hours=-1)


# --- triggers (94, T12, T20) ---


def test_time_is_due_at_seven_days_and_not_before() -> None:
    young = artifact(trained_at=NOW - timedelta(days=7) + timedelta(seconds=1))
    old = artifact(LGB, trained_at=NOW - timedelta(days=7))
    found = manager(registry=Registry(young, old)).check_if_retrain_needed()
    assert found[XGB] is None
    assert found[LGB] is RetrainTrigger.TIME


def test_accuracy_more_than_five_points_below_the_hold_out_is_decay() -> None:
    recent = artifact(trained_at=NOW)
    kept = manager(registry=Registry(recent), evaluator=Evaluator(directional_accuracy=0.55))
    lost = manager(registry=Registry(recent), evaluator=Evaluator(directional_accuracy=0.549))
    assert kept.check_if_retrain_needed()[XGB] is None
    assert lost.check_if_retrain_needed()[XGB] is RetrainTrigger.PERFORMANCE_DECAY


def test_a_model_type_that_serves_naive_is_due() -> None:
    assert manager().check_if_retrain_needed()[XGB] is RetrainTrigger.TIME


def test_the_triggers_name_every_model_type() -> None:
    assert set(manager().check_if_retrain_needed()) == set(BASE_MODELS)


# --- training (96, 101, 159, 160) ---


def test_retrain_all_trains_all_four_or_only_those_asked_for() -> None:
    assert list(manager().retrain_all()) == list(BASE_MODELS)
    assert list(manager().retrain_all(models=[XGB, NHITS])) == [XGB, NHITS]


def test_the_lookback_is_what_the_data_client_is_asked_for() -> None:
    bars = Bars()
    manager(data_client=bars, training_lookback_days=45).retrain_all([XGB])
    assert bars.asked == [45]


def test_a_candidate_is_fitted_without_the_hold_out_and_again_with_it() -> None:
    trainer = Trainer()
    made = manager(trainer=trainer).retrain_all([XGB])[XGB]
    # 100 rows: 20 held out, 1 purged for the horizon of one bar
    assert [rows for _, rows, _ in trainer.fits] == [79, 100]
    assert (made.holdout_model, made.model_object) == ("xgboost:79", "xgboost:100")
    assert (made.data_points, made.status) == (100, ModelStatus.CANDIDATE)


def test_a_candidate_is_registered_with_its_version_moment_and_metrics() -> None:
    clm = manager()
    made = clm.retrain_all([XGB])[XGB]
    assert (made.version, made.trained_at) == ("v20250130_143052", NOW)
    assert (made.metrics["rmse"], made.metrics["mae"]) == (0.9, 0.8)
    assert clm.registry.get_model_history(XGB) == [made]


def test_a_second_version_of_the_same_moment_gets_a_suffix() -> None:
    clm = manager()
    clm.retrain_all([XGB])
    assert clm.retrain_all([XGB])[XGB].version == "v20250130_143052_2"


def test_a_failed_training_does_not_block_the_others_and_the_old_model_stays() -> None:
    clm = manager(trainer=Trainer(XGB), registry=Registry(artifact(), artifact(LGB)))
    report = clm.run_full_cycle(force=True)
    assert report.failed_models == [XGB]
    assert "training of xgboost raised RuntimeError: out of memory" in clm.failures[XGB]
    assert clm.registry.get_active(XGB).version == "v20250122_000000"
    assert LGB in report.promoted_models


def test_a_single_model_is_trained_from_a_frame() -> None:
    made = manager()._train_single_model(XGB, Bars().load_recent_data(90))
    assert (made.model_type, made.data_points) == (XGB, 100)


def test_the_configured_parameters_reach_the_trainer() -> None:
    trainer = Trainer()
    manager(trainer=trainer, training_params={"xgboost": {"max_depth": 7}}).retrain_all([XGB])
    assert trainer.fits[0][2] == {"max_depth": 7}


# --- evaluation (97, 112, 113, T6, T8) ---


def test_the_delta_is_candidate_over_active_less_one() -> None:
    clm = manager(registry=Registry(artifact()))
    judged = clm.evaluate_models(clm.retrain_all([XGB]))[XGB]
    assert judged.vs_active_rmse_delta == pytest.approx(0.9 / 1.0 - 1)
    assert judged.active_version == "v20250122_000000"


def test_without_an_active_model_naive_is_what_a_candidate_is_compared_with() -> None:
    clm = manager()
    judged = clm.evaluate_models(clm.retrain_all([XGB]))[XGB]
    assert judged.vs_active_rmse_delta == pytest.approx(0.9 / 1.2 - 1)  # naive RMSE is 1.2
    assert judged.active_version == "naive"


# --- shadow (98, 114, 144, 161) ---


def test_a_shadow_gets_both_models_and_the_hours() -> None:
    tester = Shadow()
    clm = manager(registry=Registry(artifact()), shadow_tester=tester, shadow_test_hours=12)
    clm.run_shadow_tests(clm.retrain_all([XGB]))
    assert tester.calls == [(XGB, "xgboost:100", "active", 12)]


def test_no_hours_skip_the_shadow() -> None:
    tester = Shadow()
    clm = manager(registry=Registry(artifact()), shadow_tester=tester, shadow_test_hours=0)
    report = clm.run_full_cycle(models=[XGB], force=True)
    assert (tester.calls, report.promoted_models) == ([], [XGB])
    assert "shadow skipped" in report.reasons[XGB]


# --- promotion (99, 27-30, T5, T8, T17) ---


@pytest.mark.parametrize(
    ("rmse", "recommends", "expected"),
    [
        (0.98, True, "promoted"),  # exactly 2 % better
        (0.981, True, "rejected"),  # 1.9 % better
        (0.90, False, "rejected"),  # better on the hold-out, not in shadow
    ],
)
def test_promotion_asks_for_two_percent_and_a_recommendation(
    rmse: float, recommends: bool, expected: str
) -> None:
    clm = manager(
        registry=Registry(artifact()),
        evaluator=Evaluator(rmse),
        shadow_tester=Shadow(recommend_promotion=recommends),
    )
    report = clm.run_full_cycle(models=[XGB], force=True)
    assert getattr(report, f"{expected}_models") == [XGB]


def test_nothing_is_promoted_without_skill_over_naive() -> None:
    clm = manager(evaluator=Evaluator(0.1, skill=0.0))
    report = clm.run_full_cycle(models=[XGB], force=True)
    assert report.rejected_models == [XGB]
    assert "no skill over naive" in report.reasons[XGB]


def test_the_first_model_needs_no_shadow() -> None:
    tester = Shadow()
    clm = manager(shadow_tester=tester)
    report = clm.run_full_cycle(models=[XGB], force=True)
    assert (report.promoted_models, report.reasons[XGB]) == ([XGB], "bootstrap")
    assert tester.calls == []


def test_after_a_rollback_to_naive_a_candidate_is_shadowed_again() -> None:
    tester = Shadow()
    retired = artifact(status=ModelStatus.RETIRED)  # it was active once
    manager(registry=Registry(retired), shadow_tester=tester).run_full_cycle([XGB], force=True)
    assert [call[0] for call in tester.calls] == [XGB]


def test_promotion_retires_the_old_version_and_keeps_it() -> None:
    registry = Registry(artifact())
    manager(registry=registry).run_full_cycle(models=[XGB], force=True)
    assert registry.status(XGB, "v20250122_000000") is ModelStatus.RETIRED
    assert registry.status(XGB, "v20250130_143052") is ModelStatus.ACTIVE


def test_a_rejected_candidate_is_retired_not_deleted() -> None:
    registry = Registry(artifact())
    clm = manager(registry=registry, shadow_tester=Shadow(recommend_promotion=False))
    clm.run_full_cycle(models=[XGB], force=True)
    assert registry.status(XGB, "v20250130_143052") is ModelStatus.RETIRED


def test_a_shadow_without_enough_evidence_leaves_the_model_undecided() -> None:
    clm = manager(registry=Registry(artifact()), shadow_tester=Shadow(complete=False))
    assert clm.run_full_cycle(models=[XGB], force=True).undecided_models == [XGB]


def test_promote_if_better_may_be_overridden() -> None:
    class Cautious(ContinuousLearningManager):
        def promote_if_better(self, artifacts: Any, results: Any, shadows: Any) -> list[ModelType]:
            return []

    clm = Cautious(Bars(), Plain(), Trainer(), Evaluator(), Shadow(), Registry(artifact()))
    assert clm.run_full_cycle(models=[XGB], force=True).promoted_models == []


def test_rollback_is_promoting_the_old_version() -> None:
    registry = Registry(artifact())
    clm = manager(registry=registry)
    clm.run_full_cycle(models=[XGB], force=True)
    clm.registry.promote(XGB, "v20250122_000000")
    assert registry.get_active(XGB).version == "v20250122_000000"


# --- the cycle and its report (79-83, 95) ---


def test_force_skips_the_triggers_but_not_the_gates() -> None:
    fresh = Registry(artifact(trained_at=NOW, training_range=(NOW, NOW)))
    idle = manager(registry=fresh).run_full_cycle(models=[XGB])
    forced = manager(registry=fresh, evaluator=Evaluator(1.5)).run_full_cycle(models=[XGB], force=True)
    assert (idle.trained_models, idle.trigger) == ([], None)
    assert (forced.trained_models, forced.trigger) == ([XGB], RetrainTrigger.MANUAL)
    assert forced.rejected_models == [XGB]


def test_the_summary_prints_the_seed_s_lines() -> None:
    report = CycleReport(
        started_at=NOW,
        trigger=RetrainTrigger.MANUAL,
        trained_models=list(BASE_MODELS),
        promoted_models=[XGB, LGB],
        failed_models=[PATCHTST],
        total_duration_seconds=45.31,
        rejected_models=[NHITS],
    )
    assert report.summary().splitlines() == [
        "CLM Report [2025-01-30 14:30]",
        "Trigger: manual",
        "Trained: 4 models",
        "Promoted: 2 models",
        "Rejected: 1 models",
        "Undecided: 0 models",
        "Failed: 1 models",
        "Duration: 45.3s",
    ]


def test_the_duration_is_measured() -> None:
    assert 0 < manager().run_full_cycle(force=True).total_duration_seconds < 60


# --- status (100) ---


def test_the_status_summary_has_the_seed_s_keys() -> None:
    status = manager(registry=Registry(artifact())).get_model_status_summary()
    assert status["xgboost"] == {
        "active_version": "v20250122_000000",
        "active_trained_at": NOW - timedelta(days=8),
        "active_metrics": {"directional_accuracy": 0.6},
    }
    assert status["lightgbm"]["active_version"] == "naive"


def test_the_policy_may_replace_the_four_thresholds() -> None:
    clm = manager(policy=Policy(retrain_interval_days=3, shadow_test_hours=6))
    assert (clm.retrain_interval_days, clm.shadow_test_hours) == (3, 6)
