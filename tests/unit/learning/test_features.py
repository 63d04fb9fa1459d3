"""Features use past bars only; the columns of the target say when they become known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm.data.synthetic import synthetic_bars
from clm.learning.features import NAIVE_NOW, SERIES_NOW, TechnicalFeatures
from clm.learning.targets import SERIES, Target
from tests.unit.learning.market import HOUR, bars, engineer, one_symbol

MICROSECOND = 1_000_000


def first_changed_row(engineer: Any, cut: int) -> int | None:
    """The first bar before ``cut`` whose features or naive change when all bars from ``cut`` on do."""
    market, other = (
        each.sort_values(["timestamp", "symbol"], ignore_index=True)
        for each in (bars(), synthetic_bars(("A", "B"), 300, seed=2, bar_seconds=HOUR))
    )
    future = pd.concat([market[: 2 * cut], other[2 * cut :]])
    known = [*engineer.get_feature_names(), "series", "naive"]
    before, after = (
        engineer.transform(each).sort_values(["timestamp", "symbol"])[known].to_numpy()[: 2 * cut]
        for each in (market, future)
    )
    changed = np.flatnonzero(~((before == after) | (np.isnan(before) & np.isnan(after))).all(axis=1))
    return int(changed[0]) // 2 if len(changed) else None


@pytest.mark.parametrize("name", SERIES)
def test_no_feature_knows_a_later_bar(name: str) -> None:
    assert first_changed_row(engineer(name, horizon=3), cut=200) is None


def test_a_planted_look_ahead_is_caught() -> None:
    class Planted(TechnicalFeatures):
        def transform(self, df: pd.DataFrame) -> pd.DataFrame:
            made = super().transform(df)
            return made.assign(range_1=made.groupby("symbol")["range_1"].shift(-1))

    assert first_changed_row(Planted(Target("log_range"), HOUR), cut=200) == 199


def test_a_target_is_the_series_a_horizon_later_of_the_same_symbol() -> None:
    made = engineer("log_range", horizon=3).transform(bars())
    for _, rows in made.groupby("symbol"):
        later = rows["series"].to_numpy()[3:]
        assert np.array_equal(rows["target"].to_numpy()[:-3], later, equal_nan=True)
        assert rows["target"].tail(3).isna().all()


def test_a_row_says_when_its_target_is_known() -> None:
    made = engineer(horizon=2).transform(one_symbol([1.0] * 4))
    closes = [int(pd.Timestamp("2024-01-01", tz="UTC").timestamp() + k * HOUR) for k in (1, 2, 3, 4)]
    assert made["at"].tolist() == [close * MICROSECOND for close in closes]
    assert made["matures_at"].tolist() == [closes[2] * MICROSECOND, closes[3] * MICROSECOND, -1, -1]


def test_rows_come_by_symbol_then_time_whatever_the_order_of_the_bars() -> None:
    shuffled = bars().sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(engineer().transform(shuffled), engineer().transform(bars()))


def test_a_row_is_the_same_whatever_the_first_bar_was() -> None:
    names = engineer().get_feature_names()
    whole = engineer().transform(bars()).groupby("symbol").tail(100)[names]
    late = engineer().transform(bars().groupby("symbol").tail(160)).groupby("symbol").tail(100)[names]
    np.testing.assert_allclose(whole, late, rtol=1e-5, atol=1e-6)


def test_the_frame_has_the_promised_columns_and_kinds() -> None:
    made = engineer().transform(bars())
    names = engineer().get_feature_names()
    outcome = ["series", "naive", "target", "matures_at"]
    assert list(made.columns) == ["symbol", "timestamp", "at", *names, *outcome]
    assert {str(made[name].dtype) for name in names} == {"float32"}
    assert {str(made[name].dtype) for name in ("series", "naive", "target")} == {"float64"}
    assert made["at"].dtype == made["matures_at"].dtype == np.int64


def test_the_series_and_the_naive_forecast_are_features_too() -> None:
    made = engineer().transform(bars())
    for feature, source in ((SERIES_NOW, "series"), (NAIVE_NOW, "naive")):
        assert np.array_equal(made[feature], made[source].astype(np.float32), equal_nan=True)


def test_known_bars_give_features_computed_by_hand() -> None:
    close = [math.e**k for k in (0, 1, 3)]
    bars = one_symbol(close, open=[1.0, 1.0, math.e**2], volume=[1.0, 1.0, math.e])
    newest = engineer("return").transform(bars).iloc[-1]
    assert newest["return_1"] == pytest.approx(2.0)
    assert newest["gap"] == pytest.approx(1.0)  # opened at e**2, closed before at e
    assert newest["body"] == pytest.approx(1.0)
    assert newest["volume_change"] == pytest.approx(1.0)


def test_rsi_is_the_share_of_rises() -> None:
    moves = [1.0, -1.0] * 7  # fourteen moves, half of them up
    rows = engineer().transform(one_symbol(np.exp(np.cumsum([0.0, *moves])).tolist()))
    assert rows["rsi_14"].iloc[-1] == pytest.approx(0.5)


def test_the_market_is_the_mean_over_the_symbols_of_a_bar() -> None:
    made = engineer().transform(bars())
    by_bar = made.groupby("at")
    means = by_bar[SERIES_NOW].mean()
    np.testing.assert_allclose(by_bar["market_series"].first(), means, rtol=1e-6)


def test_only_bars_within_a_day_know_the_time_of_day() -> None:
    daily = TechnicalFeatures(Target("log_range"), 86_400).get_feature_names()
    assert "day_sin" in engineer().get_feature_names()
    assert "day_sin" not in daily


def test_bars_of_closes_alone_give_features_where_they_can() -> None:
    unknown = dict.fromkeys(("open", "high", "low", "volume"), [math.nan] * 30)
    rows = engineer("return").transform(one_symbol([1.0 + k for k in range(30)], **unknown))
    assert rows["target"].notna().sum() == 29  # the last one is not known yet
    assert rows["range_1"].isna().all()


def test_the_schema_names_target_and_horizon() -> None:
    assert engineer("log_volume", 3).schema == "technical-log_volume-h3-v1"
