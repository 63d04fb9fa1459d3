"""Retention's rule: behind everybody, never the young, and past the cap no more than must go."""

from __future__ import annotations

import pytest

from clm.decisions.retention import Gap, Limits, Stock, alarming, excess, free_before, widened

HOUR = 3_600_000  # ms
LIMITS = Limits(keep_hours=2, cap_bytes=1000, alarm_fraction=0.8)


def stock(size: int = 0, entries: int = 10, newest: str = f"{10 * HOUR}-0") -> Stock:
    return Stock(bytes=size, entries=entries, oldest="1-0", newest=newest)


def test_nothing_goes_that_the_slowest_still_needs() -> None:
    needs = {"watcher": f"{5 * HOUR}-0", "shadow": f"{3 * HOUR}-12", "archive": f"{3 * HOUR}-9"}
    assert free_before(stock(), needs, LIMITS) == f"{3 * HOUR}-9"


def test_what_is_younger_than_the_hours_to_keep_stays_though_everybody_is_done() -> None:
    assert free_before(stock(), {"watcher": f"{10 * HOUR}-0"}, LIMITS) == f"{8 * HOUR}-0"


def test_a_role_that_never_saved_needs_everything() -> None:
    assert free_before(stock(), {"watcher": f"{9 * HOUR}-0", "shadow": "0-0"}, LIMITS) == "0-0"


def test_a_stream_younger_than_the_hours_to_keep_is_left_alone() -> None:
    assert free_before(stock(newest=f"{HOUR}-0"), {"watcher": f"{HOUR}-0"}, LIMITS) == "0-0"


@pytest.mark.parametrize(("size", "expected"), [(1000, 0), (1001, 1), (1250, 2), (2000, 5)])
def test_past_the_cap_the_share_above_it_goes_rounded_up(size: int, expected: int) -> None:
    assert excess(stock(size), LIMITS) == expected


def test_the_newest_entry_is_never_cut() -> None:
    assert excess(stock(10**9, entries=3), LIMITS) == 2
    assert excess(stock(10**9, entries=1), LIMITS) == 0


@pytest.mark.parametrize(("size", "expected"), [(799, False), (800, True), (5000, True)])
def test_the_alarm_comes_before_the_cap(size: int, expected: bool) -> None:
    assert alarming(stock(size), LIMITS) is expected


def test_a_gap_is_what_was_cut_after_the_role_had_stopped_reading() -> None:
    lost = [("1-0", 5), ("2-0", 7), ("3-0", 1)]
    gap = widened(Gap(stream="events", role="shadow"), "1-0", lost, "4-0")
    assert gap == Gap(stream="events", role="shadow", entries=2, events=8, to="4-0")


def test_what_is_counted_already_is_not_counted_again() -> None:
    known = Gap(stream="events", role="shadow", entries=2, events=8, to="4-0")
    assert widened(known, "1-0", [("2-0", 7), ("3-0", 1)], "4-0") == known
    assert widened(known, "1-0", [("3-0", 1), ("4-0", 2)], "5-0").entries == 3


def test_a_cut_of_what_the_role_has_read_is_no_gap() -> None:
    none = Gap(stream="events", role="watcher")
    assert widened(none, "3-0", [("2-0", 7), ("3-0", 1)], "4-0") == none
