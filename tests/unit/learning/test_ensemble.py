"""The ensemble weighs base models on rows that none of them learned from, and is stored like any other."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from clm.errors import ConfigurationError, CorruptArtifact, MissingFeatures
from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.ensemble import EnsembleModel, members_of
from clm.learning.guide import Check, Guide
from clm.learning.trainer import NativeTrainer
from clm.model import BASE_MODELS, ModelType
from clm.policy import Policy
from clm.steps.workshop import Workshop
from tests.unit.learning.market import BASE, FEW, engineer, frame


@cache
def fitted() -> Bundle:
    return NativeTrainer(engineer()).train_ensemble(frame(), {"members": BASE})


class Says:
    """A member that says its number, and that it looks at some rows."""

    def __init__(self, value: float, input_size: int) -> None:
        self.settled: dict[str, Any] = {}
        self.value, self.input_size = value, input_size

    def predict(self, windows: np.ndarray) -> np.ndarray:
        assert windows.shape[1] == self.input_size
        return np.full(len(windows), self.value)

    def one(self, window: np.ndarray) -> float:
        return float(self.predict(window[None])[0])


def test_it_says_naive_and_its_members_weighed_deviations() -> None:
    model = EnsembleModel({"a": Says(2.0, 1), "b": Says(5.0, 3)}, {"a": 0.5, "b": 0.25}, naive=1)
    windows = np.array([[[9, 9], [9, 9], [9, 1.0]]], np.float32)
    assert model.input_size == 3
    assert model.predict(windows).tolist() == [1.0 + 0.5 * (2 - 1) + 0.25 * (5 - 1)]
    assert model.one(windows[0]) == model.predict(windows)[0]


def test_without_a_member_it_is_naive() -> None:
    model = EnsembleModel({}, {}, naive=0)
    assert model.predict(np.array([[[3.0]]], np.float32)).tolist() == [3.0]


class Said(Says):
    """A member that said these already."""

    def __init__(self, *values: float) -> None:
        super().__init__(0.0, 1)
        self.values = values

    def predict(self, windows: np.ndarray) -> np.ndarray:
        return np.array(self.values)


def test_its_weights_come_from_the_checked_rows_and_who_has_none_is_dropped() -> None:
    said = {ModelType.XGBOOST: Said(3.0, 1.0), ModelType.NHITS: Said(1.0, 0.0)}
    check = Check(np.ones((2, 1, 1), np.float32), np.array([2.0, 1.0]))  # naive is 1
    made = EnsembleModel.train(
        {"xgboost": {}, "nhits": {}}, lambda each, *_: said[each], 0, Guide(check=check)
    )
    assert made.settled == {"weights": {"xgboost": 0.5}, "members": {"xgboost": {}}}


def test_real_members_are_weighed_too() -> None:
    weights = fitted().settled["weights"]
    assert set(weights) <= {each.value for each in BASE_MODELS}
    assert min(weights.values()) > 0
    assert sum(weights.values()) <= 1 + 1e-12


def test_a_refit_keeps_weights_and_members() -> None:
    again = NativeTrainer(engineer()).refit(ModelType.ENSEMBLE, frame(), {"members": BASE}, fitted())
    assert again.settled == fitted().settled
    assert again.rows == 598 > fitted().rows


def test_it_comes_back_bit_for_bit_with_its_libraries() -> None:
    again = unpack(pack(fitted()))
    windows = np.stack(
        [frame()[list(again.columns)].to_numpy(np.float32)[k : k + again.input_size] for k in range(60, 90)]
    )
    assert np.array_equal(again.predict(windows), fitted().predict(windows))
    assert {"lightgbm", "torch", "xgboost"} <= set(again.libraries)


@pytest.mark.parametrize("weights", [b"", b"garbage", b"PK\x03\x04"])
def test_bytes_that_are_no_ensemble_are_refused(weights: bytes) -> None:
    with pytest.raises(CorruptArtifact):
        EnsembleModel.from_weights(
            weights, {"members": {"lightgbm": {}}, "weights": {"lightgbm": 1}, "naive": 0}
        )


@pytest.mark.parametrize(
    ("params", "named"),
    [({"members": ["ensemble"]}, "has ensemble"), ({"depth": 3}, "has depth"), ({"members": ["x"]}, "has x")],
)
def test_only_base_models_can_be_members(params: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        members_of(params)


def test_it_needs_the_naive_forecast_among_the_features() -> None:
    class Bare:
        def transform(self, df: Any) -> Any:
            return df

        def get_feature_names(self) -> list[str]:
            return ["return_1"]

    with pytest.raises(MissingFeatures, match="naive_now"):
        NativeTrainer(Bare()).train_ensemble(frame(), FEW)


def test_its_members_have_the_parameters_of_their_own_model_type() -> None:
    parts: Any = dict.fromkeys(("engineer", "trainer", "evaluator"))
    shop = Workshop(**parts, policy=Policy(), params={"xgboost": {"max_depth": 3}, "ensemble": {}})
    assert shop.params_of(ModelType.ENSEMBLE)["members"]["xgboost"] == {"max_depth": 3}
    assert list(shop.params_of(ModelType.ENSEMBLE)["members"]) == [each.value for each in BASE_MODELS]
    few = Workshop(**parts, policy=Policy(), params={"ensemble": {"members": ["nhits"]}})
    assert few.params_of(ModelType.ENSEMBLE) == {"members": {"nhits": {}}}


def test_it_is_not_among_the_models_that_are_trained_by_default() -> None:
    assert ModelType.ENSEMBLE not in Policy().models
