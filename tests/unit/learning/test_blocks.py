"""A network's forecast has the same bits in any company, and one window costs no batch."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from clm.learning.blocks import BLOCK, predict_block, steady
from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from tests.unit.learning.market import PARAMS, engineer, frame

EVERY = pytest.mark.parametrize("name", [each.value for each in ModelType])


@cache
def fitted(name: str) -> Bundle:
    return getattr(NativeTrainer(engineer()), f"train_{name}")(frame(), PARAMS[name])


def windows(bundle: Bundle, count: int = 50) -> Any:
    x = frame()[list(bundle.columns)].to_numpy(np.float32)
    return np.stack([x[k : k + bundle.input_size] for k in range(60, 60 + count)])


@EVERY
def test_a_forecast_is_the_same_at_every_place_of_every_block(name: str) -> None:
    model, chance = fitted(name), np.random.default_rng(1)
    seen = windows(model)
    whole = predict_block(model, seen)
    for size in (1, 3, BLOCK, 20):
        order = chance.permutation(len(seen))[:size]
        assert np.array_equal(predict_block(model, seen[order]), whole[order])
    assert steady(model)


class Unsteady:
    """Says more the more windows there are."""

    input_size, settled = 2, {}

    def predict(self, seen: np.ndarray) -> np.ndarray:
        return np.full(len(seen), float(len(seen)))


def test_a_model_whose_bits_depend_on_the_company_is_found_out() -> None:
    like = vars(fitted("nhits"))
    assert not steady(Bundle(**{**{k: v for k, v in like.items() if k != "_naive"}, "model": Unsteady()}))


LAST_BITS = {"xgboost": 0.0, "lightgbm": 0.0, "nhits": 1e-6, "patchtst": 1e-6, "ensemble": 1e-6}


@EVERY
def test_one_window_is_forecast_as_in_a_batch_of_one(name: str) -> None:
    for model in (fitted(name), unpack(pack(fitted(name)))):
        for window in windows(model, 5):
            value = model.one(window)
            assert value == pytest.approx(model.predict(window[None])[0], rel=LAST_BITS[name], abs=0)
            assert value == model.one(window)


@EVERY
def test_a_window_with_a_gap_is_forecast_as_in_a_batch_of_one(name: str) -> None:
    model = fitted(name)
    window = windows(model, 1)[0].copy()
    window[-1, :20] = np.nan
    window[-1, model.columns.index("series_now")] = np.nan
    window[-1, model.columns.index("naive_now")] = np.nan
    expected = model.predict(window[None])[0]
    assert model.one(window) == pytest.approx(expected, rel=LAST_BITS[name], abs=0, nan_ok=True)


def test_a_model_without_a_way_of_its_own_is_asked_in_a_batch_of_one() -> None:
    like = {k: v for k, v in vars(fitted("nhits")).items() if k != "_naive"}
    bundle = Bundle(**{**like, "model": Unsteady(), "shrink": 1.0})
    assert bundle.one(np.zeros((2, len(bundle.columns)), np.float32)) == 1.0
