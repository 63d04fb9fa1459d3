"""The spliced market: real bars in another order, and a relation that turns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clm.data.synthetic import synthetic_bars
from tests.rollback.splice import Leg, spliced

LEGS = (Leg(60, persists=False), Leg(60, persists=True))


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return synthetic_bars(("AAA",), 1000, 3, 3600)


def follows(closes: pd.Series[float], leg: slice) -> float:
    """How often the direction of a bar was that of the one before."""
    rises = np.log(closes).diff().iloc[leg] > 0
    return float((rises == rises.shift()).iloc[1:].mean())


def test_direction_turns_in_one_leg_and_persists_in_the_other(bars: pd.DataFrame) -> None:
    closes = spliced(bars, LEGS, decks=1, seed=1)["close"]
    assert follows(closes, slice(1, 60)) < 0.15
    assert follows(closes, slice(60, 120)) > 0.85


def test_every_bar_was_traded_with_its_shape_and_volume(bars: pd.DataFrame) -> None:
    made = spliced(bars, LEGS, decks=1, seed=1)
    traded = dict(zip(bars["volume"], bars["high"] / bars["low"], strict=True))
    assert [traded[each] for each in made["volume"]] == pytest.approx(list(made["high"] / made["low"]))


def test_the_first_legs_are_the_same_whatever_comes_after_them(bars: pd.DataFrame) -> None:
    short, long = (spliced(bars, legs, decks=1, seed=1) for legs in (LEGS[:1], LEGS))
    pd.testing.assert_frame_equal(long.iloc[:60], short)


def test_no_bar_is_in_two_decks(bars: pd.DataFrame) -> None:
    made = spliced(bars, LEGS, decks=3, seed=1)
    assert sorted(set(made["symbol"])) == ["AAA.0", "AAA.1", "AAA.2"]
    assert made["volume"].is_unique


def test_a_symbol_with_too_few_bars_says_so(bars: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="deal it into fewer symbols"):
        spliced(bars, LEGS, decks=5, seed=1)
