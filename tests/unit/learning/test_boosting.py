"""The boosters mean what the specification's parameters say, and give the same bits again."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.guide import Check, Guide
from clm.learning.lightgbm_trees import LightGBMModel, lightgbm_params
from clm.learning.xgboost_trees import XGBoostModel

KINDS = [XGBoostModel, LightGBMModel]
Kind = type[XGBoostModel] | type[LightGBMModel]
CHANCE = np.random.default_rng(1)
X = CHANCE.normal(size=(400, 3)).astype(np.float32)
Y = X[:, 0].astype(np.float64) ** 2
WINDOWS = X[:, None, :]
PARAMS = {"n_estimators": 30, "max_depth": 3, "learning_rate": 0.2, "subsample": 0.8}


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_what_is_there(kind: Kind) -> None:
    value = kind.train(X, Y, PARAMS, 1).predict(WINDOWS)
    assert value.dtype == np.float64
    assert np.abs(value - Y).mean() < 0.5 * np.abs(Y.mean() - Y).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_weights_and_another_one_others(kind: Kind) -> None:
    first, again, other = (kind.train(X, Y, PARAMS, seed).weights() for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_comes_back_from_its_weights_bit_for_bit(kind: Kind) -> None:
    model = kind.train(X, Y, PARAMS, 1)
    again = kind.from_weights(model.weights(), model.facts())
    assert np.array_equal(again.predict(WINDOWS), model.predict(WINDOWS))
    assert again.weights() == model.weights()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_is_forecast_alike_alone_and_among_others(kind: Kind) -> None:
    model = kind.train(X, Y, PARAMS, 1)
    alone = [model.predict(WINDOWS[k : k + 1])[0] for k in range(20)]
    assert alone == model.predict(WINDOWS)[:20].tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_number_is_no_obstacle(kind: Kind) -> None:
    holed = np.where(CHANCE.random(X.shape) < 0.2, np.nan, X).astype(np.float32)
    assert np.isfinite(kind.train(holed, Y, PARAMS, 1).predict(holed[:, None, :])).all()


NOISE = Guide(check=Check(CHANCE.normal(size=(200, 1, 3)).astype(np.float32), CHANCE.normal(size=200)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_ends_where_the_checked_rows_gain_nothing_any_more(kind: Kind) -> None:
    stopped = kind.train(X, Y, {**PARAMS, "early_stopping_rounds": 5}, 1, NOISE)
    exact = kind.train(X, Y, {**PARAMS, "n_estimators": stopped.settled["trees"]}, 1)
    assert stopped.settled["trees"] < 10
    assert np.array_equal(stopped.predict(WINDOWS), exact.predict(WINDOWS))


@pytest.mark.parametrize("kind", KINDS)
def test_the_checked_rows_change_nothing_where_stopping_is_off(kind: Kind) -> None:
    off = kind.train(X, Y, {**PARAMS, "early_stopping_rounds": 0}, 1, NOISE)
    assert off.settled == {"trees": 30}
    assert off.weights() == kind.train(X, Y, PARAMS, 1).weights()


@pytest.mark.parametrize("kind", KINDS)
def test_settled_trees_are_grown_whatever_the_parameters_say(kind: Kind) -> None:
    settled = kind.train(X, Y, PARAMS, 1, Guide(settled={"trees": 7}))
    assert settled.weights() == kind.train(X, Y, {**PARAMS, "n_estimators": 7}, 1).weights()


@pytest.mark.parametrize("kind", KINDS)
def test_every_tree_that_was_asked_for_is_grown(kind: Kind) -> None:
    one, two = (kind.train(X, Y, {**PARAMS, "n_estimators": n}, 1).predict(WINDOWS) for n in (29, 30))
    assert not np.array_equal(one, two)


def test_depth_seven_means_127_leaves_in_lightgbm_too() -> None:
    assert lightgbm_params({"max_depth": 7}, 1)["num_leaves"] == 127
    assert lightgbm_params({"max_depth": 7, "num_leaves": 20}, 1)["num_leaves"] == 20


def test_subsample_works_in_lightgbm() -> None:
    whole, part = (LightGBMModel.train(X, Y, {**PARAMS, "subsample": s}, 1).weights() for s in (1.0, 0.5))
    trees = [text[: text.index(b"parameters:")] for text in (whole, part)]
    assert trees[0] != trees[1]


@pytest.mark.parametrize("kind", KINDS)
def test_one_thread_whatever_was_asked_for(kind: Kind) -> None:
    assert lightgbm_params({"num_threads": 8}, 1)["num_threads"] == 1
    threads = {"nthread": 8}
    assert kind.train(X, Y, {**PARAMS, **threads}, 1).predict(WINDOWS).shape == (400,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", [{"leaves": 3}, {"n_estimators": 0}, {"subsample": 7.0}])
def test_a_parameter_that_cannot_be_is_refused_by_name(kind: Kind, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong)) + "|bagging_fraction"):
        kind.train(X, Y, {**PARAMS, **wrong}, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_are_no_model_are_refused(kind: Kind) -> None:
    with pytest.raises(CorruptArtifact):
        kind.from_weights(b"\x00garbage", {})


@pytest.mark.parametrize("kind", KINDS)
def test_a_trader_loads_it_without_pandas(kind: Kind) -> None:
    code = f"""
import sys
sys.modules["pandas"] = None
import numpy as np
from {kind.__module__} import {kind.__name__}
model = {kind.__name__}.from_weights(sys.stdin.buffer.read(), {{}})
print(model.predict(np.zeros((1, 1, 3), np.float32))[0])
"""
    model = kind.train(X, Y, PARAMS, 1)
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, input=model.weights(), capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) == model.predict(np.zeros((1, 1, 3), np.float32))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_parent_of_one_tree_has_children_of_one_tree(kind: Kind) -> None:
    parent = kind.train(X, Y, {**PARAMS, "n_estimators": 1}, 1)
    child = kind.train(X, Y + 1, {**PARAMS, "n_estimators": 1}, 1, Guide(parent=parent))
    assert child.settled == {"trees": 1}
    assert not np.array_equal(child.predict(WINDOWS), parent.predict(WINDOWS))
