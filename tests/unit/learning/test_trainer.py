"""The trainer hands back bundles that say what they were fitted to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm.errors import InsufficientData, MissingFeatures
from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.frames import predict_rows
from clm.learning.rows import MIN_ROWS
from clm.learning.trainer import NativeTrainer
from clm.model import BASE_MODELS, ModelType
from tests.unit.learning.market import BOOSTER, PARAMS, engineer, frame

BASE_ONES = pytest.mark.parametrize("name", [each.value for each in BASE_MODELS])
EVERY = pytest.mark.parametrize("name", [each.value for each in ModelType])


def fitted(name: str, df: pd.DataFrame) -> Bundle:
    return getattr(NativeTrainer(engineer()), f"train_{name}")(df, PARAMS[name])


@EVERY
def test_a_bundle_says_what_it_was_fitted_to(name: str) -> None:
    made = fitted(name, frame())
    known = frame()[frame()["target"].notna()]
    assert made.model_type.value == name
    assert (made.target, made.horizon, made.naive) == ("log_range", 1, "mean:10")
    assert made.schema == "technical-log_range-h1-v1"
    assert list(made.columns) == engineer().get_feature_names()
    assert dict(made.params) == PARAMS[name]
    # 299 closes of two symbols have a target; the newest 45 are kept apart, and 1 is purged
    assert made.rows == 2 * (299 - 45 - 1)
    assert made.training_range == (known["at"].min(), sorted(known["at"].unique())[252])


@EVERY
def test_a_refit_learns_from_every_row_and_repeats_what_was_settled(name: str) -> None:
    first = fitted(name, frame())
    again = NativeTrainer(engineer()).refit(first.model_type, frame(), PARAMS[name], first)
    assert again.rows == 598
    assert again.settled == first.settled != {}
    assert again.shrink == first.shrink


@EVERY
def test_rows_that_are_too_few_to_check_on_are_all_learned_from(name: str) -> None:
    few = frame().groupby("symbol").head(100)
    made = fitted(name, few)
    assert (made.rows, made.shrink) == (200, 1.0)


@BASE_ONES
def test_the_newest_rows_say_how_far_to_trust_the_model(name: str) -> None:
    made, df = fitted(name, frame()), frame()[frame()["target"].notna()]
    kept = (df["at"] >= sorted(df["at"].unique())[254]).to_numpy()
    naive, outcome = (df[name].to_numpy(np.float64)[kept] for name in ("naive_now", "target"))
    said, due = predict_rows(made.model, df, kept, made.columns) - naive, outcome - naive
    best = said @ due / (said @ said)
    error = np.sqrt(np.square(due - best * said).mean() / (said @ said))
    assert made.shrink == pytest.approx(max(0, best - error))
    assert made.shrink < 1
    assert predict_rows(made, df, kept) - naive == pytest.approx(made.shrink * said)


def test_the_digest_tells_other_data_apart() -> None:
    changed = frame().assign(target=frame()["target"] + 1e-9)
    digests = [fitted("lightgbm", df).data_digest for df in (frame(), frame().copy(), changed)]
    assert digests[0] == digests[1] != digests[2]


@EVERY
def test_too_few_rows_are_refused_with_the_numbers(name: str) -> None:
    few = frame().assign(target=frame()["target"].where(frame().index < MIN_ROWS - 1))
    with pytest.raises(InsufficientData, match=r"49 of 600 rows .* needs 50"):
        fitted(name, few)


def test_the_seed_is_the_trainer_s_unless_the_parameters_name_one() -> None:
    def made(of_trainer: int, **params: Any) -> Bundle:
        trainer = NativeTrainer(engineer(), of_trainer)
        return trainer.train_xgboost(frame(), {**BOOSTER, "subsample": 0.5, **params})

    by_trainer, by_params, other = made(2), made(1, seed=2), made(1)
    assert by_trainer.model.weights() == by_params.model.weights() != other.model.weights()
    assert (by_trainer.seed, by_params.seed, other.seed) == (2, 2, 1)


@EVERY
def test_a_seed_among_the_parameters_makes_another_equal_training(name: str) -> None:
    def made(**seed: int) -> Bundle:
        params = {**PARAMS[name], **({"subsample": 0.5} if name in ("xgboost", "lightgbm") else {}), **seed}
        return getattr(NativeTrainer(engineer()), f"train_{name}")(frame(), params)

    own, same, other = made(), made(seed=1), made(seed=2)
    assert own.model.weights() == same.model.weights() != other.model.weights()


class Stranger:
    """An engineer that names features and nothing else."""

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        return df

    def get_feature_names(self) -> list[str]:
        return ["f"]


def test_a_stranger_s_frame_trains_boosters_and_tells_what_networks_lack() -> None:
    df, trainer = pd.DataFrame({"f": np.arange(60.0), "target": np.arange(60.0)}), NativeTrainer(Stranger())
    assert trainer.train_xgboost(df, BOOSTER).columns == ("f",)
    with pytest.raises(MissingFeatures, match="nhits learns from the feature series_now"):
        trainer.train_nhits(df, {})


def size(model: Any) -> int:
    """Bytes of the weights, to the nearest kilobyte: numbers of trees differ in their digits."""
    return round(len(model.weights()) / 1000)


@BASE_ONES
def test_a_warm_start_goes_on_from_the_parent_at_its_size(name: str) -> None:
    trainer, params = NativeTrainer(engineer(), seed=5), PARAMS[name]  # the parent's is 1
    parent = unpack(pack(fitted(name, frame().groupby("symbol").head(250))))
    made = trainer.warm(parent.model_type, frame(), params, parent)
    cold = trainer.refit(parent.model_type, frame(), params, parent)
    assert (made.generation, made.settled, made.shrink) == (1, parent.settled, parent.shrink)
    assert abs(size(made.model) - size(cold.model)) <= 0.2 * size(cold.model)
    mask = np.ones(len(frame()), bool)
    said = [predict_rows(each.model, frame(), mask, each.columns) for each in (parent, made, cold)]
    to_parent, to_cold = (np.nanmean(np.abs(said[1] - each)) for each in (said[0], said[2]))
    assert 0 < to_parent < to_cold  # another model, and nearer to its parent


@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_a_warm_start_keeps_the_first_trees_and_grows_the_last_anew(name: str) -> None:
    trainer, parent = NativeTrainer(engineer()), fitted(name, frame())
    grandchild = parent
    for _ in range(3):
        grandchild = trainer.warm(parent.model_type, frame(), BOOSTER, grandchild)
    assert grandchild.model.settled == parent.model.settled
    assert grandchild.generation == 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"generation": 2}, "2 fits went on from one another already"),
        ({"params": {"n_estimators": 21, "warm_starts": 2}}, "by another recipe"),
        ({"horizon": 2}, "by another recipe"),
        ({"model_type": ModelType.XGBOOST}, "by another trainer"),
    ],
)
def test_a_parent_of_another_kind_or_of_too_many_generations_is_not_continued(
    changes: dict[str, Any], reason: str
) -> None:
    params = {**BOOSTER, "warm_starts": 2}
    parent = replace(NativeTrainer(engineer()).train_lightgbm(frame(), params), **changes)
    said = NativeTrainer(engineer()).objection(ModelType.LIGHTGBM, params, parent)
    assert bool(said) == bool(reason)
    assert reason in said
