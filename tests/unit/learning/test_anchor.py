"""Boosters begin at the naive forecast, and learn what deviates from it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from clm.errors import ConfigurationError
from clm.learning.anchor import Anchor
from clm.learning.guide import Check, Guide
from clm.learning.lightgbm_trees import LightGBMModel
from clm.learning.xgboost_trees import XGBoostModel

KINDS = [XGBoostModel, LightGBMModel]
Kind = type[XGBoostModel] | type[LightGBMModel]
CHANCE = np.random.default_rng(1)
NAIVE = 2
X = CHANCE.normal(size=(600, 3)).astype(np.float32)
Y = X[:, NAIVE].astype(np.float64) + 0.5 * np.sign(X[:, 0])
HIGHER = X[:50] + np.array([0, 0, 100], np.float32)
"""Rows at a level that no training row had."""
PARAMS = {"n_estimators": 40, "max_depth": 2, "learning_rate": 0.2}
ANCHORED = Guide(naive=NAIVE)


def _due(rows: Any) -> Any:
    return rows[:, NAIVE] + 0.5 * np.sign(rows[:, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_level_that_was_never_seen_is_followed(kind: Kind) -> None:
    anchored, mean = (kind.train(X, Y, PARAMS, 1, guide) for guide in (ANCHORED, Guide()))
    assert np.abs(anchored.predict(HIGHER[:, None]) - _due(HIGHER)).mean() < 0.1
    assert np.abs(mean.predict(HIGHER[:, None]) - _due(HIGHER)).mean() > 90


@pytest.mark.parametrize("kind", KINDS)
def test_the_check_too_is_of_what_deviates(kind: Kind) -> None:
    check = Check(HIGHER[:, None], _due(HIGHER).astype(np.float64))
    params = {**PARAMS, "early_stopping_rounds": 5, "learning_rate": 0.05}
    settled = kind.train(X, Y, params, 1, Guide(check=check, naive=NAIVE)).settled["trees"]
    assert settled > 30  # of 40; so far from the level of the training it would have stopped at once


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_bit_for_bit_and_says_alone_what_it_says_among_others(kind: Kind) -> None:
    made = kind.train(X, Y, PARAMS, 1, Guide(settled={"trees": 40, "line": 0.9}, naive=NAIVE))
    again = kind.from_weights(made.weights(), made.facts())
    said = made.predict(X[:20, None])
    assert np.array_equal(again.predict(X[:20, None]), said)
    assert [again.one(row[None]) for row in X[:20]] == said.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_where_the_naive_forecast_is_unknown_its_usual_level_takes_its_place(kind: Kind) -> None:
    holed = X[:20].copy()
    holed[::2, NAIVE] = np.nan
    made = kind.train(np.concatenate([X, holed]), np.concatenate([Y, Y[:20]]), PARAMS, 1, ANCHORED)
    said = made.predict(holed[:, None])
    assert np.isfinite(said).all()
    assert made.one(holed[:1]) == said[0]
    assert made.anchor == Anchor.of(np.concatenate([X, holed]), NAIVE)


LINED = X[:, NAIVE].astype(np.float64) + 2.0 * X[:, 0] + 3.0
"""Targets on a line, of which few shallow trees would make steps."""
LATER = CHANCE.normal(size=(200, 3)).astype(np.float32)
BORNE_OUT = Check(LATER[:, None], LATER[:, NAIVE] + 2.0 * LATER[:, 0].astype(np.float64) + 3.0)
OTHERWISE = Check(LATER[:, None], LATER[:, NAIVE] - 2.0 * LATER[:, 0].astype(np.float64) - 3.0)
FEW = {"n_estimators": 3, "max_depth": 2, "learning_rate": 0.01}


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_is_trusted_as_far_as_the_checked_rows_bear_it_out(kind: Kind) -> None:
    good, bad = (kind.train(X, LINED, FEW, 1, Guide(check=c, naive=NAIVE)) for c in (BORNE_OUT, OTHERWISE))
    assert good.settled["line"] > 0.95
    assert np.abs(good.predict(BORNE_OUT.windows) - BORNE_OUT.y).mean() < 0.1
    assert bad.settled["line"] == 0.0
    assert bad.anchor == Anchor.of(X, NAIVE)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_settled_of_a_line_holds_for_every_row_and_comes_back(kind: Kind) -> None:
    settled = kind.train(X, LINED, FEW, 1, Guide(settled={"trees": 3, "line": 0.5}, naive=NAIVE))
    again = kind.from_weights(settled.weights(), json.loads(json.dumps(settled.facts())))
    assert (settled.anchor.kept, settled.settled) == (0.5, {"trees": 3, "line": 0.5})
    assert again.anchor == settled.anchor
    assert np.array_equal(again.predict(X[:, None]), settled.predict(X[:, None]))


@pytest.mark.parametrize("kind", KINDS)
def test_without_rows_to_check_on_no_line_is_trusted(kind: Kind) -> None:
    assert kind.train(X, LINED, FEW, 1, ANCHORED).anchor == Anchor.of(X, NAIVE)
    asked = kind.train(X, LINED, {**FEW, "anchor": "naive"}, 1, Guide(check=BORNE_OUT, naive=NAIVE))
    assert asked.anchor == Anchor.of(X, NAIVE)


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_tell_the_whole_forecast(kind: Kind) -> None:
    made = kind.train(X, Y, PARAMS, 1, Guide(settled={"trees": 40, "line": 0.9}, naive=NAIVE))
    rest = made.predict(X[:, None]) - made.contributions(X[:, None]).sum(axis=(1, 2))
    assert rest == pytest.approx(np.full(len(X), rest[0]), abs=1e-4)
    assert np.abs(made.contributions(HIGHER[:, None])[:, 0, NAIVE]).mean() > 90


@pytest.mark.parametrize("kind", KINDS)
def test_anchored_at_the_mean_nothing_is_known_of_naive(kind: Kind) -> None:
    asked, bare = kind.train(X, Y, {**PARAMS, "anchor": "mean"}, 1, ANCHORED), kind.train(X, Y, PARAMS, 1)
    assert asked.weights() == bare.weights()
    assert asked.facts() == bare.facts() == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_goes_on_by_its_parents_rule_from_where_its_own_rows_begin(kind: Kind) -> None:
    parent = kind.train(X, LINED, FEW, 1, Guide(settled={"trees": 3, "line": 0.5}, naive=NAIVE))
    child = kind.train(X[100:], -LINED[100:], FEW, 1, Guide(parent=parent, naive=NAIVE))
    assert (child.anchor.kept, child.anchor.level) == (0.5, Anchor.of(X[100:], NAIVE).level)
    assert child.anchor.line.constant == pytest.approx(-parent.anchor.line.constant, abs=0.5)
    bare = kind.train(X, LINED, {**FEW, "anchor": "mean"}, 1, ANCHORED)
    assert kind.train(X, LINED, FEW, 1, Guide(parent=bare, naive=NAIVE)).anchor is None


POSITIVE = np.exp(Y)


@pytest.mark.parametrize(
    ("kind", "objective"),
    [(XGBoostModel, {"objective": "reg:gamma"}), (LightGBMModel, {"application": "gamma"})],
)
def test_an_objective_of_more_than_errors_begins_at_the_mean(kind: Kind, objective: dict[str, str]) -> None:
    made = kind.train(X, POSITIVE, {**PARAMS, **objective}, 1, ANCHORED)
    assert made.anchor is None
    with pytest.raises(ConfigurationError, match="anchor is 'naive'"):
        kind.train(X, POSITIVE, {**PARAMS, **objective, "anchor": "naive"}, 1, ANCHORED)


@pytest.mark.parametrize(
    ("kind", "objective"),
    [(XGBoostModel, {"objective": "reg:absoluteerror"}), (LightGBMModel, {"loss": "mae"})],
)
def test_absolute_errors_are_anchored_as_squared_ones(kind: Kind, objective: dict[str, str]) -> None:
    assert kind.train(X, Y, {**PARAMS, **objective}, 1, ANCHORED).anchor is not None


@pytest.mark.parametrize("kind", KINDS)
def test_another_anchor_is_refused_by_name(kind: Kind) -> None:
    with pytest.raises(ConfigurationError, match=r"anchor is 'median'; use 'line', 'naive' or 'mean'"):
        kind.train(X, Y, {**PARAMS, "anchor": "median"}, 1, ANCHORED)
