"""The long-run variance folds to what its formula gives on the whole series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clm.decisions.sequential.long_run import LongRunVariance


def by_formula(y: Any) -> float:
    n, d = len(y), y - y.mean()
    own = float(d @ d) / n
    whole = own + sum(2 * (1 - lag / 13) * float(d[lag:] @ d[:-lag]) / n for lag in range(1, 13))
    return max(whole, 0.7 * own) * (1 + 3 * 12 / n)


def folded(y: Any) -> LongRunVariance:
    variance = LongRunVariance()
    variance.update_many(y)
    return variance


@pytest.mark.parametrize("rows", [13, 14, 25, 400])
def test_it_is_bartletts_sum_over_twelve_lags(rows: int) -> None:
    y = np.cumsum(np.random.default_rng(rows).normal(size=rows)) / 3 + 5
    assert folded(y).value == pytest.approx(by_formula(y), rel=1e-9)


def test_independent_values_have_their_own_variance() -> None:
    y = np.random.default_rng(2).normal(size=40_000)
    assert folded(y).value == pytest.approx(1.0, abs=0.1)


def test_two_values_by_hand() -> None:
    # mean 1, g0 = 1, g1 = -1/2: 1 - 2 * 12/13 / 2 = 1/13, below the floor 0.7; 1 + 36/2 = 19
    assert folded(np.array([0.0, 2.0])).value == pytest.approx(0.7 * 19, rel=1e-12)


def test_one_value_varies_by_nothing() -> None:
    assert folded(np.array([3.0])).value == 0.0
