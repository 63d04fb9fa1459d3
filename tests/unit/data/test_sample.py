"""The sample market is adjusted: a split moves neither price nor volume, a dividend only the price."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from clm.data.sample import SYMBOLS, adjusted, sample_bars


def traded(**changes: list[float]) -> pd.DataFrame:
    """Four days at 10; from the third day on two shares stand for one."""
    plain = {
        "open": [20.0, 20.0, 10.0, 10.0], "high": [22.0, 22.0, 11.0, 11.0], "low": [18.0, 18.0, 9.0, 9.0],
        "close": [20.0, 20.0, 10.0, 10.0], "volume": [100.0, 100.0, 200.0, 200.0],
        "adj_close": [10.0] * 4,
    }  # fmt: skip
    days = pd.date_range("2005-02-24", periods=4).astype(str)
    return pd.DataFrame({"date": days, **plain, **changes})


def test_a_split_moves_nothing() -> None:
    made = adjusted("AAPL", traded())
    assert [made[name].nunique() for name in ("open", "high", "low", "close", "volume")] == [1] * 5
    assert made["volume"].iloc[0] == 200.0


def test_a_dividend_moves_the_price_and_not_the_volume() -> None:
    dividend = traded(close=[10.0] * 4, adj_close=[9.0, 9.0, 10.0, 10.0], volume=[200.0] * 4)
    made = adjusted("MSFT", dividend)
    assert made["close"].tolist() == [9.0, 9.0, 10.0, 10.0]
    assert made["volume"].tolist() == [200.0] * 4


def test_three_for_two_is_a_split_too() -> None:
    made = adjusted("IBM", traded(close=[15.0, 15.0, 10.0, 10.0], volume=[100.0] * 4))
    assert made["volume"].tolist() == [150.0, 150.0, 100.0, 100.0]


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return sample_bars()


def test_it_has_four_symbols_from_2000_to_2013(sample: pd.DataFrame) -> None:
    sizes = sample.groupby("symbol").size()
    assert sizes[list(SYMBOLS)].tolist() == [3270, 2148, 3270, 3270]
    assert len(sizes) == 4
    assert (sample["timestamp"].min().year, sample["timestamp"].max().year) == (2000, 2013)


def test_no_split_is_left_in_it(sample: pd.DataFrame) -> None:
    days = pd.to_datetime(["2000-06-21", "2005-02-28"], utc=True)
    apple = sample[sample["symbol"] == "AAPL"].set_index("timestamp")
    moves = np.log(apple["close"]).diff().abs()
    assert (moves[days] < math.log(1.3)).all()
    volume = np.log(apple["volume"]).rolling(60).mean()
    assert abs(volume["2005-03-31"] - volume["2005-02-25"]) < 0.5  # unadjusted it is a step of 0.69
