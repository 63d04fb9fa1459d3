"""What the facade promises beside the specification: nothing stale in a report, nothing done twice."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from clm import ModelType
from clm.errors import ConfigurationError, IllegalMove
from clm.model import ModelArtifact
from tests.test_continuous_learning_manager import (
    LGB,
    NOW,
    XGB,
    Bars,
    Evaluator,
    Registry,
    Trainer,
    artifact,
    manager,
)


def test_a_check_loads_the_bars_once_however_many_models_are_active() -> None:
    bars = Bars()
    manager(data_client=bars, registry=Registry(artifact(), artifact(LGB))).check_if_retrain_needed()
    assert bars.asked == [90]


def test_a_check_loads_no_bars_while_naive_serves() -> None:
    bars = Bars()
    manager(data_client=bars).check_if_retrain_needed()
    assert bars.asked == []


def test_an_idle_cycle_tells_nothing_of_the_one_before() -> None:
    clm = manager(trainer=Trainer(LGB))
    clm.run_full_cycle(models=[XGB, LGB], force=True)
    assert (list(clm.failures), list(clm.rulings)) == ([LGB], [XGB])
    idle = clm.run_full_cycle(models=[XGB])
    assert (idle.trained_models, idle.failed_models, idle.reasons) == ([], [], {})


def test_a_candidate_is_evaluated_once_while_the_active_version_stays() -> None:
    calls: list[str] = []

    class Counting(Evaluator):
        def evaluate(self, model: object, df: object, model_type: ModelType) -> object:
            calls.append(str(model))
            return super().evaluate(model, df, model_type)

    manager(evaluator=Counting(), registry=Registry(artifact())).run_full_cycle([XGB], force=True)
    assert calls == ["xgboost:79", "active"]


def test_a_registry_that_refuses_one_version_does_not_stop_the_others() -> None:
    class Refusing(Registry):
        def save_model(self, artifact: ModelArtifact) -> None:
            if artifact.model_type is XGB:
                raise IllegalMove("exists already")
            super().save_model(artifact)

    report = manager(registry=Refusing()).run_full_cycle(models=[XGB, LGB], force=True)
    assert (report.failed_models, report.promoted_models) == ([XGB], [LGB])
    assert report.started_at == NOW


class Bad(Trainer):
    """A trainer that does something else where XGBoost is to be fitted."""

    def __init__(self, way: Callable[[], object]) -> None:
        super().__init__()
        self._way = way

    def train_xgboost(self, df: object, params: object) -> object:
        return self._way()


def test_a_training_that_hangs_touches_no_other_and_brings_nothing_later() -> None:
    never = threading.Event()
    clm = manager(trainer=Bad(lambda: never.wait(600)), time_limits={"xgboost": 0.1})
    assert list(clm.retrain_all([XGB, LGB])) == [LGB]
    assert "xgboost took more than its limit of 0.1 s" in clm.failures[XGB]
    never.set()
    assert list(clm.registry.get_model_history(XGB)) == []


def test_a_training_that_ends_its_program_touches_no_other() -> None:
    clm = manager(trainer=Bad(lambda: sys.exit(3)))
    assert list(clm.retrain_all([XGB, LGB])) == [LGB]
    assert clm.failures[XGB] == "training of xgboost raised SystemExit: 3"


def test_a_registry_that_keeps_one_model_not_keeps_the_others() -> None:
    class Full(Registry):
        def save_model(self, artifact: ModelArtifact) -> None:
            if artifact.model_type is XGB:
                raise OSError("no space left on device")
            super().save_model(artifact)

    clm = manager(registry=Full())
    assert list(clm.retrain_all([XGB, LGB])) == [LGB]
    assert "no space left" in clm.failures[XGB]


def test_a_time_limit_of_no_model_type_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="time_limits"):
        manager(time_limits={"xgbost": 60.0})
