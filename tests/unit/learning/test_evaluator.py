"""A model is judged on the held-out rows whose outcome is known, beside naive on the same rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm.errors import ConfigurationError, InsufficientData
from clm.events import moment
from clm.learning.evaluator import HoldoutEvaluator
from clm.learning.naive import NaiveModel
from clm.model import ModelType

TYPE = ModelType.XGBOOST


class Names:
    """An engineer of one feature, four bars ahead."""

    horizon = 4

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        return df

    def get_feature_names(self) -> list[str]:
        return ["f"]


class Repeats:
    """Says what the feature says."""

    def __init__(self, input_size: int = 1) -> None:
        self.input_size = input_size

    def predict(self, windows: np.ndarray) -> np.ndarray:
        return windows[:, -1, 0].astype(np.float64)


EVALUATOR = HoldoutEvaluator(Names())
FRAME = pd.DataFrame(
    {
        "symbol": "A",
        "at": [10, 20, 30, 40, 50],
        "f": [9.0, 1.0, 3.0, -1.0, 7.0],
        "naive": [0.0, 0.0, 1.0, 0.0, 0.0],
        "target": [0.0, 2.0, 2.0, 1.0, math.nan],
        "scored": [False, True, True, True, True],
        "regime": ["calm", "calm", "wild", "wild", "wild"],
    }
)


def judged(model: Any, frame: pd.DataFrame = FRAME) -> Any:
    return EVALUATOR.evaluate(model, frame, TYPE)


def test_a_forecast_that_only_rounding_tells_from_naive_is_naive() -> None:
    frame = FRAME.assign(naive=0.1, f=np.float32(0.1))
    found = judged(Repeats(), frame)
    assert found.skill == 0
    assert found.zero_directions == found.rows


def test_every_metric_is_that_of_the_scored_rows_with_a_known_outcome() -> None:
    result = judged(Repeats())
    assert result.errors.tolist() == [-1.0, 1.0, -2.0]
    assert (result.rows, result.mae, result.rmse) == (3, 4 / 3, math.sqrt(2.0))
    assert (result.naive_mae, result.prediction_bias) == (4 / 3, -2 / 3)
    assert result.skill == 0.0
    assert result.directional_accuracy == pytest.approx(2 / 3)  # up right, up right, down wrong
    assert result.regime_accuracy == {"calm": 1.0, "wild": 0.5}


def test_it_is_nameless_and_as_of_the_newest_scored_row() -> None:
    result = judged(Repeats())
    assert (result.model_type, result.version, result.evaluated_at) == (TYPE, "", moment(40))


def test_a_row_without_context_takes_the_naive_forecast() -> None:
    assert judged(Repeats(input_size=3)).errors.tolist() == [-2.0, 1.0, -2.0]


@pytest.mark.parametrize("model", [None, NaiveModel(("naive_now",))])
def test_the_naive_forecast_has_no_skill_and_no_direction(model: Any) -> None:
    result = judged(model)
    assert (result.mae, result.skill, result.zero_directions) == (result.naive_mae, 0.0, 3)


def test_without_a_naive_column_zero_is_naive_and_every_row_is_scored() -> None:
    result = judged(Repeats(), FRAME[["f", "target"]])
    assert (result.rows, result.naive_mae) == (4, 5 / 4)


def test_deltas_are_those_of_the_active_version_on_the_same_rows() -> None:
    mine, theirs = judged(Repeats()), replace(judged(None), version="v1")
    compared = EVALUATOR.compare_to_active(mine, theirs)
    assert compared.active_version == "v1"
    assert compared.vs_active_rmse_delta == pytest.approx(math.sqrt(2.0) / math.sqrt(2.0) - 1)


def test_a_hold_out_without_known_outcomes_is_refused() -> None:
    with pytest.raises(InsufficientData):
        judged(Repeats(), FRAME.assign(target=math.nan))


def test_what_is_no_model_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="str is no model"):
        judged("model")
