"""Every kind of fit moves the gauge, and makes the same model whether or not anybody looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clm.learning.guide import Check, Guide
from clm.learning.lightgbm_trees import LightGBMModel
from clm.learning.network_parameters import Setting
from clm.learning.neural import NHITSModel
from clm.learning.xgboost_trees import XGBoostModel
from clm.steps.gauge import gauged
from tests.unit.learning.market import NETWORK

CHANCE = np.random.default_rng(1)
X = CHANCE.normal(size=(400, 3)).astype(np.float32)
Y = X[:, 0] + CHANCE.normal(size=400)
CHECK = Check(X[:100, None, :], Y[:100])
TREES = {"n_estimators": 8, "max_depth": 2}


@pytest.mark.parametrize("kind", [XGBoostModel, LightGBMModel])
@pytest.mark.parametrize("guide", [Guide(), Guide(check=CHECK)], ids=["all rows", "checked"])
def test_boosters_tell_their_trees_and_the_loss_of_the_checked_rows(kind: Any, guide: Guide) -> None:
    alone = kind.train(X, Y, TREES, 1, guide)
    with gauged() as gauge:
        told = kind.train(X, Y, TREES, 1, guide)
    assert (gauge.step, gauge.steps) == (8, 8)
    assert (gauge.loss is None) == (guide.check is None)
    assert told.weights() == alone.weights()


@pytest.mark.parametrize("kind", [XGBoostModel, LightGBMModel])
def test_a_warm_start_tells_only_the_trees_that_it_grows(kind: Any) -> None:
    parent = kind.train(X, Y, {**TREES, "n_estimators": 20}, 1)
    with gauged() as gauge:
        kind.train(X, Y, TREES, 1, Guide(parent=parent))
    assert (gauge.step, gauge.steps) == (2, 2)


def test_networks_tell_their_steps_and_the_loss_of_the_batch() -> None:
    series = {"A": CHANCE.normal(size=200).astype(np.float32)}
    with gauged() as gauge:
        NHITSModel.train(series, {**NETWORK["nhits"], "max_steps": 3}, Setting(0, 1, 1))
    assert (gauge.step, gauge.steps) == (3, 3)
    assert gauge.loss is not None
