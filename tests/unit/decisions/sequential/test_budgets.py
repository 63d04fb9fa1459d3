"""The budgets of error give the levels of their formulas."""

from __future__ import annotations

import pytest

from clm.decisions.sequential.e_lond import ELond
from clm.decisions.sequential.lord import LordPlusPlus, share


def test_the_shares_of_all_trials_sum_to_no_more_than_one() -> None:
    assert 0.4 < sum(share(trial) for trial in range(1, 200_000)) <= 1.0


def test_a_win_earns_the_next_trials_more() -> None:
    plain, lucky = LordPlusPlus(), LordPlusPlus()
    for budget in (plain, lucky):
        budget.spend()
    lucky.won(1)
    assert lucky.spend() - plain.spend() == pytest.approx(0.05 * share(1), rel=1e-12)


def test_later_wins_earn_twice_the_first() -> None:
    budget = LordPlusPlus()
    budget.spend()
    budget.won(1)
    budget.spend()
    budget.won(2)
    assert budget.spend() == pytest.approx(0.05 * share(3) + 0.05 * share(2) + 0.1 * share(1), rel=1e-12)


def test_a_win_that_ends_late_earns_from_then_on() -> None:
    budget = LordPlusPlus()
    for _ in range(5):
        budget.spend()
    budget.won(2)
    assert budget.spend() == pytest.approx(0.05 * share(6) + 0.05 * share(1), rel=1e-12)


def test_no_level_falls_below_the_floor_or_above_the_cap() -> None:
    lond, lord = ELond(), LordPlusPlus()
    levels = [lord.spend() for _ in range(300)]
    for _ in range(9):
        lond.won()
    assert (min(levels), lond.spend()) == (0.0005, 0.05)


@pytest.mark.parametrize("kind", [ELond, LordPlusPlus])
def test_a_restored_budget_goes_on(kind: type[ELond] | type[LordPlusPlus]) -> None:
    budget = kind(0.2)
    budget.spend()
    again = kind.restored(budget.state())
    assert again.spend() == budget.spend()


def test_the_first_level_is_a_twentieth_of_the_first_share() -> None:
    # 0.05 * 0.0722 log 2 = 0.00250227
    assert LordPlusPlus().spend() == pytest.approx(0.00250227, rel=1e-5)


def test_e_lond_divides_by_trials_and_multiplies_by_wins() -> None:
    budget = ELond()
    levels = [budget.spend() for _ in range(2)]
    budget.won()
    assert [*levels, budget.spend()] == pytest.approx([0.05, 0.1 / 6, 2 * 0.1 / 12], rel=1e-12)


def test_the_first_win_and_the_newest_sixty_four_are_kept() -> None:
    budget = LordPlusPlus()
    for trial in range(1, 101):
        budget.spend()
        budget.won(trial)
    assert budget.state()["wins"] == [1, *range(37, 101)]
