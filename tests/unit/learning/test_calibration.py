"""A model keeps of what it says beyond naive as much as rows that it did not learn from bear out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.calibration import shrinkage, shrunk
from clm.learning.trainer import NativeTrainer
from tests.unit.learning.market import BOOSTER, engineer, frame

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "naive", "outcome", "factor"),
    [
        ([3.0, 1.0], [1.0, 1.0], [2.0, 1.0], 0.5),  # says 2 beyond naive where 1 comes
        ([3.0, 2.0], [1.0, 1.0], [2.0, 3.0], 0.8 - (1.8 / 2 / 5) ** 0.5),  # misses by -0.6 and 1.2
        ([2.0, 0.0], [1.0, 1.0], [9.0, -9.0], 1.0),  # too shy: never more than it says
        ([2.0, 0.0], [1.0, 1.0], [0.0, 2.0], 0.0),  # always wrong: nothing of it is kept
        ([1.0, 1.0], [1.0, 1.0], [5.0, 5.0], 1.0),  # says nothing: nothing to shrink
        ([3.0, NAN, 9.0], [1.0, 1.0, NAN], [2.0, 7.0, 0.0], 0.5),  # what is unknown does not count
    ],
)
def test_the_factor_is_the_best_multiple_less_its_standard_error_between_none_and_all(
    value: list[float], naive: list[float], outcome: list[float], factor: float
) -> None:
    assert shrinkage(*(np.array(each) for each in (value, naive, outcome))) == pytest.approx(factor)


def test_rows_whose_outcomes_overlap_are_worth_fewer() -> None:
    said, due = np.array([2.0, 2.0, 2.0, 2.0]), np.array([3.0, 1.0, 3.0, 1.0])
    found = [shrinkage(said, np.zeros(4), due, horizon) for horizon in (1, 4, 16)]
    assert found == pytest.approx([1 - 0.25, 1 - 0.5, 0.0])  # a standard error of 1 / 4, times the root


def test_shrinking_pulls_towards_naive_where_there_is_one() -> None:
    said = shrunk(np.array([3.0, 5.0, NAN]), np.array([1.0, NAN, 1.0]), 0.25)
    assert np.array_equal(said, [1.5, 5.0, NAN], equal_nan=True)


def bundle(**changes: Any) -> Bundle:
    return replace(NativeTrainer(engineer()).train_lightgbm(frame(), BOOSTER), **changes)


def test_a_bundle_shrinks_its_forecasts_after_packing_too() -> None:
    made = bundle(shrink=0.5)
    windows = frame()[list(made.columns)].to_numpy(np.float32)[100:110, None]
    naive = windows[:, 0, made.columns.index("naive_now")].astype(np.float64)
    assert made.predict(windows) == pytest.approx((made.model.predict(windows) + naive) / 2)
    assert np.array_equal(unpack(pack(made)).predict(windows), made.predict(windows))


def test_a_bundle_of_which_nothing_is_kept_says_naive_to_the_last_bit() -> None:
    made = bundle(shrink=0.0)
    windows = frame()[list(made.columns)].to_numpy(np.float32)[100:110, None]
    naive = windows[:, 0, made.columns.index("naive_now")]
    assert np.array_equal(made.predict(windows), naive.astype(np.float64))
