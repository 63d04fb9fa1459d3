"""A window is the newest rows up to a bar, the same however far somebody has read ahead."""

from __future__ import annotations

import numpy as np
import pytest

from clm.learning.history import FIRST_ROOM, RowHistory


def history(rows: int, keep: int = 4096) -> RowHistory:
    """Rows [k, -k] of symbol A at 10 k."""
    made = RowHistory(2, keep)
    for k in range(rows):
        made.add("A", 10 * k, [k, -k])
    return made


def firsts(window: np.ndarray | None) -> list[float]:
    assert window is not None
    return window[:, 0].tolist()


def test_a_window_ends_with_its_bar() -> None:
    window = history(5).window("A", 30, 2)
    assert window is not None
    assert window.tolist() == [[2.0, -2.0], [3.0, -3.0]]
    assert window.dtype == np.float32


@pytest.mark.parametrize(("symbol", "at", "size"), [("A", 35, 1), ("A", 30, 5), ("B", 30, 1), ("A", 50, 1)])
def test_what_is_not_there_is_none(symbol: str, at: int, size: int) -> None:
    assert history(5).window(symbol, at, size) is None


def test_reading_ahead_changes_no_window() -> None:
    assert firsts(history(500).window("A", 30, 3)) == firsts(history(4).window("A", 30, 3)) == [1, 2, 3]


@pytest.mark.parametrize("late", [20, 15])
def test_a_row_that_is_not_newer_is_ignored(late: int) -> None:
    made = history(4)
    assert not made.add("A", late, [99, 99])
    assert firsts(made.window("A", 30, 3)) == [1, 2, 3]


def test_the_newest_rows_are_kept_and_the_oldest_forgotten() -> None:
    made = history(1000, keep=FIRST_ROOM)
    newest = list(range(1000 - FIRST_ROOM, 1000))
    assert firsts(made.window("A", 9990, FIRST_ROOM)) == newest
    assert ("A", 0) not in made
    assert ("A", 9990) in made


def test_symbols_do_not_mix() -> None:
    made = history(3)
    made.add("B", 15, [7, 7])
    assert firsts(made.window("A", 20, 3)) == [0, 1, 2]
    assert made.window("B", 15, 2) is None


def test_a_window_stays_as_it_was() -> None:
    made = history(3)
    window = made.window("A", 20, 2)
    for k in range(3, 3 * FIRST_ROOM):
        made.add("A", 10 * k, [k, k])
    assert firsts(window) == [1, 2]


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match=r"row of A at 5 has shape \(3,\)"):
        RowHistory(2).add("A", 5, [1, 2, 3])


@pytest.mark.parametrize("ats", [[20, 30, 40], [0, 10, 20, 30], [20, 40, 45, 60], [60], []])
def test_a_block_holds_the_window_of_each_bar_that_has_one(ats: list[int]) -> None:
    made = history(6)
    found, windows = made.block("A", ats, 3)
    alone = [made.window("A", at, 3) for at in ats]
    assert found.tolist() == [each is not None for each in alone]
    assert windows.tolist() == [each.tolist() for each in alone if each is not None]


def test_a_symbol_that_was_never_seen_has_an_empty_block() -> None:
    found, windows = history(6).block("B", [20, 30], 3)
    assert (found.any(), windows.shape) == (False, (0, 3, 2))
