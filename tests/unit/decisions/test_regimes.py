"""Regimes remember when the label changed, and which one held at any moment."""

from __future__ import annotations

import pytest

from clm.decisions.regimes import MAX_CHANGES, Regimes, label_at

CHANGES = [[10, "calm"], [30, "wild"]]


def observed(*signals: tuple[int, str]) -> Regimes:
    regimes = Regimes()
    for at, label in signals:
        regimes.observe(at, label)
    return regimes


def test_only_changes_are_kept() -> None:
    regimes = observed((10, "calm"), (20, "calm"), (30, "wild"), (40, "wild"))
    assert (regimes.changes, regimes.current) == (CHANGES, "wild")


def test_before_the_first_signal_there_is_no_regime() -> None:
    assert observed().current is None


@pytest.mark.parametrize(("at", "label"), [(9, ""), (10, "calm"), (29, "calm"), (30, "wild"), (99, "wild")])
def test_a_label_holds_from_its_change_on(at: int, label: str) -> None:
    assert label_at(CHANGES, at) == label


def test_the_oldest_changes_are_forgotten_beyond_the_limit() -> None:
    regimes = observed(*((at, "calm" if at % 2 else "wild") for at in range(MAX_CHANGES + 5)))
    assert len(regimes.changes) == MAX_CHANGES
    assert regimes.changes[0][0] == 5
    assert regimes.changes[-1][0] == MAX_CHANGES + 4


def test_restored_regimes_go_on_without_touching_the_saved_ones() -> None:
    saved = observed((10, "calm")).state()
    again = Regimes()
    again.restore(saved)
    again.observe(20, "calm")
    again.observe(30, "wild")
    assert (saved["changes"], again.changes) == ([[10, "calm"]], CHANGES)


def test_a_signal_that_is_older_than_the_newest_changes_nothing() -> None:
    regimes = observed((10, "calm"), (50, "calm"), (30, "wild"))  # 50 said calm again
    assert (regimes.changes, regimes.current) == ([[10, "calm"]], "calm")


def test_a_restored_memory_still_refuses_what_is_older() -> None:
    again = Regimes()
    again.restore(observed((10, "calm"), (50, "calm")).state())
    again.observe(30, "wild")
    assert again.current == "calm"


def test_of_two_signals_of_one_moment_the_later_counts() -> None:
    assert observed((10, "calm"), (10, "wild")).current == "wild"
