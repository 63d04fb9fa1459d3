"""Replicas are equal trainings of one recipe; their floor is measured once and found again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm.decisions.noise_floor import noise_floor
from clm.events import moment
from clm.model import EvaluationResult, ModelArtifact, ModelType
from clm.policy import SEQUENTIAL, Policy
from clm.steps.replicas import earlier, noise
from clm.steps.splits import Split
from clm.steps.training import Order, candidate, recipe_floor
from clm.steps.workshop import Workshop
from tests.unit.decisions.stream import evaluated
from tests.unit.steps.artifacts import TRAINED_AT, artifact
from tests.unit.steps.shop import Engineer, Spy

XGB = ModelType.XGBOOST
ROWS = pd.DataFrame({"at": range(100)})


def test_replicas_differ_in_seed_and_in_where_their_rows_begin() -> None:
    seen: list[tuple[int, int, int]] = []

    def measure(rows: pd.DataFrame, params: dict[str, Any]) -> float:
        seen.append((int(rows["at"].min()), int(rows["at"].max()), params["seed"]))
        return 1.0 + 0.01 * len(seen)

    found = noise(ROWS, {"depth": 3}, 3, 1.0, measure)
    assert found == {"floor": noise_floor([1.0, 1.01, 1.02, 1.03]), "replicas": 3}
    assert [start for start, _, _ in seen] == [6, 13, 20]  # 0.2 k / 3 of 100 bars
    assert [(end, seed) for _, end, seed in seen] == [(99, 1001), (99, 1002), (99, 1003)]


def test_a_replica_that_gives_no_number_leaves_the_floor_unknown() -> None:
    assert "short" in noise(ROWS, {}, 2, 1.0, lambda rows, params: float("nan"))


def known(floor: float | None, **changes: Any) -> ModelArtifact:
    metrics = {"mae": 1.0} if floor is None else {"mae": 1.0, "noise_floor": floor}
    return replace(artifact(), metrics=metrics, **changes)


def test_the_newest_version_of_the_same_recipe_tells_the_floor() -> None:
    other = known(0.5, training_params={"depth": 9})
    assert earlier([known(None), other, known(0.02), known(0.03)], {}, {}) == 0.02
    assert earlier([other, known(None)], {}, {}) is None
    assert earlier([known(0.5, feature_config={"schema": "s2"})], {}, {}) is None


@dataclass
class Noted(Spy):
    """A trainer whose models are their seeds."""

    takes_seeds: bool = True

    def _fit(self, name: str, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        self.fits.append((name, df["at"].tolist(), dict(params)))
        return params.get("seed", 0)


@dataclass
class Losses:
    """An evaluator whose models err by their own size: the candidate by 0.9, replicas a little off that."""

    horizon: int = 1
    rows: int = 600
    sizes: dict[Any, float] = field(default_factory=lambda: {"active": 1.0, 0: 0.9, 1001: 0.9, 1002: 0.91})

    def evaluate(self, model: Any, df: pd.DataFrame, model_type: ModelType) -> EvaluationResult:
        size = self.sizes[model]
        errors = size * np.random.default_rng(1).normal(size=int(df["scored"].sum()))
        return evaluated(model_type=model_type, mae=size, errors=errors, skill=0.1)

    def compare_to_active(self, mine: EvaluationResult, theirs: EvaluationResult) -> EvaluationResult:
        return replace(mine, active_version=theirs.version)


def trained(order: Order, trainer: Any = None, **settings: Any) -> tuple[Any, EvaluationResult, Noted]:
    frame = pd.DataFrame(
        {"at": range(1200), "target": 5.0, "naive": 0.0, "scored": [False] * 600 + [True] * 600}
    )
    parts = Split(frame[:600], frame, frame, 1)
    spy = trainer or Noted()
    policy = Policy(**{"name": SEQUENTIAL, "noise_replicas": 2, **settings})
    shop = Workshop(engineer=Engineer(), trainer=spy, evaluator=Losses(), policy=policy)  # type: ignore[arg-type]
    active = replace(artifact("v0"), model_object="active", training_range=(moment(0), moment(500)))
    made, result = candidate(order, parts, shop, active)
    return made, result, spy


ORDER = Order(XGB, "v1", TRAINED_AT)


def test_a_candidate_that_passes_is_held_to_the_floor_of_its_recipe() -> None:
    made, result, spy = trained(ORDER)
    floor = noise_floor([0.9, 0.9, 0.91])
    assert result.evidence["noise"] == {"floor": floor, "replicas": 2}
    assert made.metrics["noise_floor"] == floor
    assert [params.get("seed") for _, _, params in spy.fits] == [None, 1001, 1002, None]


def test_a_floor_that_is_known_is_not_measured_again() -> None:
    made, result, spy = trained(replace(ORDER, floor=0.01))
    assert (result.evidence["noise"], made.metrics["noise_floor"]) == ({"floor": 0.01, "replicas": 0}, 0.01)
    assert len(spy.fits) == 2


def test_a_candidate_inside_the_band_is_refused_and_not_fitted_again() -> None:
    _, result, spy = trained(replace(ORDER, floor=0.2))  # it is 10 % better
    assert len(spy.fits) == 1
    assert result.evidence["gate"]["improvement"] == pytest.approx(0.1)


@pytest.mark.parametrize("settings", [{"noise_replicas": 0}, {"name": "seed"}])
def test_without_replicas_there_is_no_floor(settings: dict[str, Any]) -> None:
    made, result, spy = trained(ORDER, **settings)
    assert ("noise" in result.evidence, "noise_floor" in made.metrics) == (False, False)
    assert all("seed" not in params for _, _, params in spy.fits)


def test_a_trainer_that_takes_no_seeds_is_not_asked_for_replicas() -> None:
    assert "noise" not in trained(ORDER, Noted(takes_seeds=False))[1].evidence


def test_the_recipe_in_force_finds_its_own_floor() -> None:
    shop = Workshop(engineer=Engineer(), trainer=Spy(), evaluator=Losses(), policy=Policy())  # type: ignore[arg-type]
    columns = {"schema": "s1", "columns": ["at"], "target": "log_range", "horizon": 1}
    assert recipe_floor(XGB, [known(0.1), known(0.04, feature_config=columns)], shop) == 0.04
