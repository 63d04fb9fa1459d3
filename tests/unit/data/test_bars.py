"""Bars enter in one layout, or are refused with the bar that is wrong."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from clm.data.bars import COLUMNS, bar_seconds, checked
from clm.errors import ConfigurationError


def table(**changes: list[Any]) -> pd.DataFrame:
    """Two bars of B and one of A, out of order."""
    plain: dict[str, list[Any]] = {
        "symbol": ["B", "B", "A"],
        "timestamp": ["2024-01-02", "2024-01-01", "2024-01-01"],
        **{name: [1, 2, 3] for name in ("open", "high", "low", "close", "volume")},
    }
    return pd.DataFrame({**plain, **changes})


def test_bars_are_sorted_typed_and_in_utc() -> None:
    made = checked(table(note=["x", "y", "z"]), "bars.csv")
    assert list(made.columns) == list(COLUMNS)
    assert made["close"].tolist() == [3.0, 2.0, 1.0]
    assert made["symbol"].tolist() == ["A", "B", "B"]
    assert str(made["timestamp"].dt.tz) == "UTC"


def test_only_the_close_has_to_be_known() -> None:
    unknown = dict.fromkeys(("open", "high", "low", "volume"), [None] * 3)
    assert len(checked(table(**unknown), "bars.csv")) == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"timestamp": ["2024-01-01"] * 3}, "two bars of one symbol and time: B at 2024-01-01"),
        ({"timestamp": ["2024-01-02", None, "2024-01-01"]}, "a bar without a timestamp: B"),
        ({"close": [1, None, 3]}, "without a positive close: B at 2024-01-01"),
        ({"open": [1, 2, -3]}, "a price that is not positive: A"),
        ({"high": [float("inf"), 2, 3]}, "a price that is not positive: B at 2024-01-02"),
        ({"low": [1, 2, 4]}, "high is below its low: A"),
        ({"volume": [1, -2, 3]}, "a negative volume: B at 2024-01-01"),
        ({"close": ["dear", 2, 3]}, "not a table of bars"),
        ({"timestamp": ["yesterday", "2024-01-01", "2024-01-01"]}, "not a table of bars"),
    ],
)
def test_an_impossible_bar_is_named_with_its_place(changes: dict[str, list[Any]], said: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^bars\.csv .*{said}"):
        checked(table(**changes), "bars.csv")


def test_missing_columns_are_all_named() -> None:
    with pytest.raises(ConfigurationError, match="lacks the columns low, volume"):
        checked(table().drop(columns=["low", "volume"]), "bars.csv")


def test_the_bar_size_is_the_usual_distance_within_a_symbol() -> None:
    assert bar_seconds(checked(table(), "bars.csv")) == 86_400
    with pytest.raises(ConfigurationError, match="at least two bars"):
        bar_seconds(checked(table(), "bars.csv")[:1])
