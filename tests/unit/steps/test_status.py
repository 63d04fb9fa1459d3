"""The status has the specification's three facts for every model type asked about."""

from __future__ import annotations

from clm.model import ModelType
from clm.scope import Scope
from clm.steps.status import summary
from tests.unit.steps.artifacts import TRAINED_AT, artifact
from worker import bootstrap


def test_a_model_type_without_a_model_is_on_naive() -> None:
    registry = bootstrap.memory_stage(Scope()).registry
    assert summary(registry, [ModelType.NHITS]) == {
        "nhits": {"active_version": "naive", "active_trained_at": None, "active_metrics": {}}
    }


def test_an_active_version_is_told_with_its_training_and_metrics() -> None:
    registry = bootstrap.memory_stage(Scope()).registry
    registry.save_model(artifact("v1"))
    registry.promote(ModelType.XGBOOST, "v1")
    told = summary(registry, [ModelType.XGBOOST, ModelType.NHITS])
    assert list(told) == ["xgboost", "nhits"]
    assert told["xgboost"] == {
        "active_version": "v1", "active_trained_at": TRAINED_AT, "active_metrics": {"rmse": 0.5},
    }  # fmt: skip
