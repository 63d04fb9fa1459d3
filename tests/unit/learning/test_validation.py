"""Rows to check on are the newest ones, apart from those that are learned from."""

from __future__ import annotations

import numpy as np

from clm.learning import validation as validating
from clm.learning.validation import validation
from tests.unit.learning.market import engineer, frame

COLUMNS = engineer().get_feature_names()
KNOWN = frame()[frame()["target"].notna()].reset_index(drop=True)


def test_no_learned_row_matures_after_the_first_checked_one() -> None:
    apart = validation(KNOWN, COLUMNS, 1, 1)
    assert apart is not None
    newest = set(apart.check.windows[:, 0, 0].tolist())
    checked = KNOWN[COLUMNS[0]].isin(newest) & ~apart.learned
    assert len(apart.check.y) == checked.sum() == 90  # 15 % of 299 closes of two symbols
    assert KNOWN["matures_at"][apart.learned].max() < KNOWN["at"][checked].min()


def test_a_checked_window_ends_in_its_own_row_and_may_reach_back_into_what_is_learned() -> None:
    apart = validation(KNOWN, COLUMNS, 8, 1)
    assert apart is not None
    series = COLUMNS.index("series_now")
    first = np.flatnonzero(KNOWN["at"] >= sorted(KNOWN["at"].unique())[254])[0]
    assert np.array_equal(
        apart.check.windows[0, :, series], KNOWN["series_now"].to_numpy()[first - 7 : first + 1]
    )
    assert apart.check.y[0] == KNOWN["target"][first]


def test_windows_of_several_rows_are_thinned_evenly(monkeypatch: object) -> None:
    every = validation(KNOWN, COLUMNS, 8, 1)
    monkeypatch.setattr(validating, "MOST", 60)  # type: ignore[attr-defined]
    some = validation(KNOWN, COLUMNS, 8, 1)
    assert every is not None
    assert some is not None
    assert (len(every.check.y), len(some.check.y)) == (90, 60)
    assert (some.check.y[0], some.check.y[-1]) == (every.check.y[0], every.check.y[-1])


def test_too_few_rows_are_not_divided() -> None:
    assert validation(KNOWN.iloc[:200], COLUMNS, 1, 1) is None
