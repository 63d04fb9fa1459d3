"""A search sees its training's rows and no others, keeps its budget, and never fails a run."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm.errors import ConfigurationError, TrainingFailed
from clm.learning.bundle import Bundle, about, pack
from clm.learning.search_space import SPACES
from clm.learning.trainer import NativeTrainer
from clm.learning.tuning import Fold, Search, folds, tuned
from clm.model import ModelType
from clm.steps.splits import Split, split_frame
from tests.unit.learning.market import BOOSTER, PARAMS, engineer, frame

TYPE = ModelType.LIGHTGBM
SPACE = {"learning_rate": [0.01, 0.5], "max_depth": [2, 5]}
ASKED = {"trials": 6, "space": SPACE}


def known() -> pd.DataFrame:
    return frame()[frame()["target"].notna()]


def fitted(rows: pd.DataFrame, **asked: Any) -> Bundle:
    return NativeTrainer(engineer()).train_lightgbm(rows, {**BOOSTER, "tune": {**ASKED, **asked}})


# --- what it sees ---


def test_a_folds_rows_have_matured_before_its_judged_ones_begin_and_folds_do_not_overlap() -> None:
    made = folds(known(), 3, horizon=1)
    assert len(made) == 3
    begins = [each.frame.loc[each.scored, "at"].min() for each in made]
    assert begins == sorted(begins, reverse=True)
    for each, begin in zip(made, begins, strict=True):
        assert each.train["matures_at"].max() < begin
    for newer, older in pairwise(made):
        assert older.frame.loc[older.scored, "matures_at"].max() < newer.frame.loc[newer.scored, "at"].min()


def planted(parts: Split) -> Split:
    """The same split with an answer in every held-out row that no other row knows."""
    held = parts.holdout["scored"] & parts.holdout["target"].notna()
    lie = parts.holdout["target"].where(~held, 50.0 * parts.holdout["body"])
    whole = parts.holdout.assign(target=lie)
    return Split(parts.train, whole, whole[whole["target"].notna()], parts.horizon)


def test_a_leak_planted_in_the_hold_out_changes_nothing_and_would_be_seen_in_its_rows() -> None:
    honest = split_frame(frame(), 0.2, 1)
    leaky = planted(honest)
    assert fitted(leaky.train).tuned == fitted(honest.train).tuned
    assert fitted(leaky.all).tuned["trials"] != fitted(honest.all).tuned["trials"]  # so it could have shown


# --- what it finds ---


def quadratic(params: Mapping[str, Any], _: Fold) -> float:
    return (float(params["x"]) - 2.0) ** 2


def searched(loss: Any, parts: int = 2, clock: Any = None, **search: Any) -> dict[str, Any]:
    asked = Search(**{"space": {"x": [-10.0, 10.0]}, "trials": 30, **search})
    made = [Fold(pd.DataFrame(), pd.DataFrame(), np.ones(0, bool))] * parts
    return tuned(asked, {"x": 9.0}, made, loss, *([clock] if clock else []))


def test_it_finds_what_is_better_and_says_by_how_much() -> None:
    found = searched(quadratic)
    assert abs(found["best"]["x"] - 2.0) < 1.0
    assert found["loss"] == quadratic(found["best"], None) < found["configured_loss"] == 49.0  # type: ignore[arg-type]
    assert len(found["trials"]) == 30


def test_the_same_seed_searches_the_same_way_and_another_one_another() -> None:
    assert searched(quadratic) == searched(quadratic, seed=1) != searched(quadratic, seed=2)


def test_what_is_configured_stays_unless_it_is_beaten() -> None:
    found = searched(lambda params, fold: 0.0 if params["x"] == 9.0 else 1.0)
    assert (found["best"], found["loss"]) == ({}, 0.0)


def test_a_hopeless_point_is_given_up_after_a_fold() -> None:
    fits: list[float] = []

    def loss(params: Mapping[str, Any], fold: Fold) -> float:
        fits.append(params["x"])
        return quadratic(params, fold)

    found = searched(loss, parts=3)
    states = [each["state"] for each in found["trials"]]
    assert states[:5] == ["complete"] * 5  # five begin the median
    assert states.count("pruned") >= 5
    assert len(fits) == 3 + 3 * states.count("complete") + states.count("pruned")


# --- what it costs, and what goes wrong ---


def test_no_fit_begins_after_the_budget() -> None:
    now = [0.0]

    def loss(params: Mapping[str, Any], fold: Fold) -> float:
        now[0] += 10.0
        return quadratic(params, fold)

    found = searched(loss, parts=2, clock=lambda: now[0], seconds=75.0)
    assert now[0] == 80.0  # the configured point and three more, of two fits each; the last began at 70
    assert [each["state"] for each in found["trials"]] == ["complete"] * 3

    now[0] = 0.0
    found = searched(loss, parts=2, clock=lambda: now[0], seconds=65.0)
    assert now[0] == 70.0
    assert found["trials"][-1] == {**found["trials"][-1], "state": "late", "loss": None}


def test_trials_that_raise_or_know_no_loss_are_noted_and_the_others_count() -> None:
    def loss(params: Mapping[str, Any], fold: Fold) -> float:
        if params["x"] > 5.0 and params["x"] != 9.0:
            raise ValueError("boom")
        return float("nan") if params["x"] < -5.0 else quadratic(params, fold)

    found = searched(loss)
    wrong = [each for each in found["trials"] if abs(each["params"]["x"]) > 5.0]
    assert {each["state"] for each in wrong} == {"failed"}
    assert len(wrong) >= 2
    assert abs(found["best"]["x"] - 2.0) < 2.0


def test_when_every_trial_fails_what_is_configured_is_trained() -> None:
    def loss(params: Mapping[str, Any], fold: Fold) -> float:
        raise TrainingFailed("boom")

    found = searched(loss, trials=3)
    assert (found["best"], found["loss"], found["configured_loss"]) == ({}, None, None)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"trails": 5}, "may name trials, seconds, folds and space"),
        ({"trials": -1}, "trials is -1"),
        ({"trials": 5, "seconds": 0}, "seconds is 0"),
        ({"trials": 5, "folds": 0}, "folds is 0"),
        (5, "may name trials"),
    ],
)
def test_an_impossible_search_is_refused(asked: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Search.of(TYPE, {"tune": asked}, 1)


def test_an_ensemble_is_not_tuned_and_says_so() -> None:
    with pytest.raises(ConfigurationError, match="ensemble cannot be tuned"):
        Search.of(ModelType.ENSEMBLE, {"tune": {"trials": 2}}, 1)


def test_it_is_off_unless_trials_are_asked_for() -> None:
    assert Search.of(TYPE, {}, 1) is None
    assert Search.of(TYPE, {"tune": {"trials": 0, "seconds": 9}}, 1) is None


def test_too_few_rows_to_tune_on_are_trained_on_as_configured() -> None:
    few = known().groupby("symbol").head(60)
    assert folds(few, 3, 1) == []
    made = fitted(few)
    assert (made.tuned["best"], made.tuned["trials"], made.tuned["folds"]) == ({}, [], 0)
    assert (
        made.model.weights() == NativeTrainer(engineer()).train_lightgbm(few, dict(BOOSTER)).model.weights()
    )


# --- what is kept ---


def test_what_was_found_is_fitted_refitted_gone_on_from_and_stored() -> None:
    slow = {**BOOSTER, "learning_rate": 0.0001}  # so that something is sure to be better
    params = {**slow, "warm_starts": 1, "tune": ASKED}
    trainer = NativeTrainer(engineer())
    first = trainer.train_lightgbm(known(), params)
    assert first.params == params
    assert first.tuned["best"]
    assert first.recipe == {**slow, "warm_starts": 1, **first.tuned["best"]}
    assert about(pack(first))["tuned"] == first.tuned
    plain = trainer.train_lightgbm(known(), first.recipe)
    assert first.model.weights() == plain.model.weights()
    again = trainer.refit(TYPE, known(), params, first)
    assert again.model.weights() == trainer.refit(TYPE, known(), first.recipe, plain).model.weights()
    assert trainer.objection(TYPE, params, first) == ""
    assert trainer.warm(TYPE, known(), params, first).tuned == again.tuned == first.tuned


@pytest.mark.parametrize("name", ["xgboost", "nhits", "patchtst"])
def test_every_base_model_is_tuned_in_its_own_space(name: str) -> None:
    params = {**PARAMS[name], "tune": {"trials": 1, "folds": 1}}
    made = getattr(NativeTrainer(engineer()), f"train_{name}")(known(), params)
    (only,) = made.tuned["trials"]
    assert only["state"] == "complete"
    assert set(only["params"]) == set(SPACES[ModelType(name)])
