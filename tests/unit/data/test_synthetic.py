"""The synthetic market can be forecast, decays on purpose, and is the same for a seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clm.data.bars import checked
from clm.data.synthetic import synthetic_bars
from clm.learning.features import TechnicalFeatures
from clm.learning.frames import predict_rows
from clm.learning.targets import Target
from clm.learning.trainer import NativeTrainer

HOUR = 3600
BARS = synthetic_bars(("A", "B"), 2000, seed=1, bar_seconds=HOUR)
BOOSTER = {"n_estimators": 60, "max_depth": 3, "learning_rate": 0.06, "min_child_samples": 40}


def ratio(name: str, train: slice, test: slice) -> float:
    """MAE over naive MAE on some bars of each symbol, of a booster trained on others."""
    engineer = TechnicalFeatures(Target(name), HOUR)
    made = engineer.transform(BARS)
    number = made.groupby("symbol").cumcount()
    model = NativeTrainer(engineer).train_lightgbm(made[number.between(train.start, train.stop - 2)], BOOSTER)
    mask = (number.between(test.start, test.stop) & made["target"].notna()).to_numpy()
    errors = predict_rows(model, made, mask) - made["target"][mask]
    return float(errors.abs().mean() / (made["naive"] - made["target"])[mask].abs().mean())


def test_the_same_seed_gives_the_same_bars_and_another_one_others() -> None:
    again, other = (synthetic_bars(("A", "B"), 2000, seed, HOUR) for seed in (1, 2))
    pd.testing.assert_frame_equal(again, BARS)
    assert not np.array_equal(other["close"], BARS["close"])


def test_its_bars_are_possible_and_follow_each_other() -> None:
    pd.testing.assert_frame_equal(checked(BARS, "synthetic"), BARS)
    assert (BARS["high"] >= BARS[["open", "close"]].max(axis=1)).all()
    assert (BARS["low"] <= BARS[["open", "close"]].min(axis=1)).all()
    assert (BARS.groupby("symbol")["timestamp"].diff().dropna() == pd.Timedelta(hours=1)).all()


@pytest.mark.parametrize("name", ["log_range", "log_volume"])
def test_range_and_volume_can_be_forecast(name: str) -> None:
    assert ratio(name, slice(100, 700), slice(700, 990)) < 0.97


def test_a_model_of_the_first_half_misleads_in_the_second() -> None:
    newest = slice(1700, 1990)
    stale, fresh = (ratio("log_volume", slice(*train), newest) for train in ((100, 900), (1000, 1700)))
    assert stale > fresh + 0.02
