"""A label tells calm from turbulent by past bars only, and does not flicker."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from clm.replay.volatility import CALM, TURBULENT, label

HOUR = 3600
QUIET, WILD = 0.01, 0.04  # absolute log return of a bar
BEFORE = 300


def bars(sizes: Sequence[float], symbol: str = "A") -> pd.DataFrame:
    """Closes whose log returns have these sizes and change sign at every bar."""
    signs = np.resize([1.0, -1.0], len(sizes))
    closes = 100 * np.exp(np.cumsum(np.array(sizes) * signs))
    starts = pd.date_range("2024-01-01", periods=len(sizes), freq="h", tz="UTC", unit="us")
    return pd.DataFrame({"symbol": symbol, "timestamp": starts, "close": closes})


def labels(sizes: Sequence[float]) -> list[str]:
    return list(label(bars(sizes), HOUR).values())


def test_a_market_whose_volatility_stays_is_calm_throughout() -> None:
    assert set(labels([QUIET] * BEFORE)) == {CALM}


def test_it_is_turbulent_once_the_newest_twenty_bars_move_half_as_much_again() -> None:
    # k wild bars of 20 make (20 - k + 4 k) / 20 times the long run: 1.45 for 3, 1.6 for 4
    found = labels([QUIET] * BEFORE + [WILD] * 5)
    assert found[BEFORE:] == [CALM, CALM, CALM, TURBULENT, TURBULENT]


def test_it_is_calm_again_only_when_nothing_wild_is_left_in_the_twenty_bars() -> None:
    # one wild bar of 20 still makes 1.15 times the long run, more than it takes to be calm again
    found = labels([QUIET] * BEFORE + [WILD] * 5 + [QUIET] * 21)
    assert found[BEFORE + 5 :] == [TURBULENT] * 19 + [CALM] * 2


def test_it_says_calm_until_there_is_a_long_run_to_compare_with() -> None:
    # the first of 250 means of 20 returns is at bar 20, the last at bar 269
    assert set(labels([QUIET] * 200 + [WILD] * 69)) == {CALM}


def test_what_comes_later_never_changes_a_label() -> None:
    sizes = [QUIET] * BEFORE + [WILD] * 10
    early, whole = label(bars(sizes), HOUR), label(bars([*sizes, *[5 * WILD] * 30]), HOUR)
    assert early == {at: whole[at] for at in early}
    assert TURBULENT in early.values()


def test_a_label_stands_at_the_close_of_its_bar() -> None:
    start = pd.Timestamp("2024-01-01", tz="UTC")
    closes = [start + pd.Timedelta(hours=hours) for hours in (1, 2, 3)]
    assert list(label(bars([QUIET] * 3), HOUR)) == [each.value // 1000 for each in closes]


def test_volatility_is_averaged_over_the_symbols() -> None:
    # four wild bars of A alone move the mean of both by (20 + 12 / 2) / 20 = 1.3 times: still calm
    wild, quiet = [QUIET] * BEFORE + [WILD] * 4, [QUIET] * (BEFORE + 4)
    both = pd.concat([bars(wild), bars(quiet, "B")])
    assert labels(wild)[-1] == TURBULENT
    assert set(label(both, HOUR).values()) == {CALM}
