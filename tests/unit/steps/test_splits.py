"""A split holds out the newest bars and purges every row whose target reaches into them."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from clm.errors import InsufficientData
from clm.steps.splits import Split, split_frame


def timed(closes: int, horizon: int = 1, symbols: str = "A") -> pd.DataFrame:
    """Rows at 0, 1, 2 ... of each symbol; the last ones' targets are not known yet."""
    rows = [(s, at, at + horizon if at + horizon < closes else -1) for s in symbols for at in range(closes)]
    frame = pd.DataFrame(rows, columns=["symbol", "at", "matures_at"])
    return frame.assign(target=[1.0 if when >= 0 else math.nan for when in frame["matures_at"]])


def ats(rows: pd.DataFrame) -> list[int]:
    return rows["at"].tolist()


def scored(parts: Split) -> list[int]:
    return ats(parts.holdout[parts.holdout["scored"]])


def test_the_newest_fifth_of_the_matured_closes_is_held_out() -> None:
    # ten of eleven targets matured: 0..9; the hold-out begins at 8, and row 7 matures there
    parts = split_frame(timed(11), 0.2, 1)
    assert (ats(parts.train), scored(parts), ats(parts.all)) == ([*range(7)], [8, 9], [*range(10)])


def test_a_longer_horizon_purges_more() -> None:
    # matured: 0..9; row 5 matures at 8 and would have seen the first held-out bar
    parts = split_frame(timed(13, horizon=3), 0.2, 3)
    assert (ats(parts.train), scored(parts)) == ([0, 1, 2, 3, 4], [8, 9])


def test_the_hold_out_keeps_the_rows_before_it_as_context() -> None:
    parts = split_frame(timed(11), 0.2, 1)
    assert ats(parts.holdout) == [*range(11)]


def test_all_symbols_are_split_at_one_moment() -> None:
    parts = split_frame(timed(11, symbols="AB"), 0.2, 1)
    assert scored(parts) == [8, 9, 8, 9]
    assert ats(parts.train) == [*range(7), *range(7)]


def test_a_row_without_a_known_target_is_in_no_part() -> None:
    frame = timed(11)
    frame.loc[frame["at"] == 3, "target"] = math.nan
    parts = split_frame(frame, 0.2, 1)
    assert 3 not in [*ats(parts.train), *scored(parts), *ats(parts.all)]


def test_rows_without_times_are_split_by_position() -> None:
    parts = split_frame(pd.DataFrame({"x": range(10)}), 0.2, 3)
    assert parts.train["x"].tolist() == [0, 1, 2, 3, 4]
    assert parts.holdout["scored"].tolist() == [False] * 8 + [True] * 2
    assert (len(parts.all), parts.horizon) == (10, 3)


@pytest.mark.parametrize("closes", [1, 2])
def test_too_few_rows_are_refused_with_the_counts_and_a_remedy(closes: int) -> None:
    matured = closes - 1
    with pytest.raises(InsufficientData, match=f"{closes} rows, {matured} of them matured.*lookback"):
        split_frame(timed(closes), 0.2, 1)
