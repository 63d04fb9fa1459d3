"""Each model type has a budget of its own, at the rate that the policy names."""

from __future__ import annotations

import pytest

from clm.decisions.levels import Levels
from clm.decisions.sequential.lord import share
from clm.policy import Policy


def test_model_types_do_not_share_a_budget() -> None:
    levels = Levels(Policy())
    first = levels.spend("xgboost")
    assert first == (1, 0.05)  # e-LOND: half of the rate, 0.1
    assert levels.spend("nhits") == first
    assert levels.spend("xgboost")[0] == 2


def test_the_rate_is_the_policys() -> None:
    assert Levels(Policy(false_discovery_rate=0.04)).spend("a")[1] == pytest.approx(0.02)
    lord = Levels(Policy(false_discovery_rate=0.2, shadow_budget="lord"))
    assert lord.spend("a")[1] == pytest.approx(0.1 * share(1))


@pytest.mark.parametrize("budget", ["lord", "e_lond"])
def test_a_win_earns_the_next_trials_more(budget: str) -> None:
    lost, won = (Levels(Policy(shadow_budget=budget)) for _ in range(2))
    number, _ = won.spend("a")
    lost.spend("a")
    won.won("a", number)
    assert won.spend("a")[1] > lost.spend("a")[1]


@pytest.mark.parametrize("budget", ["lord", "e_lond"])
def test_a_saved_budget_goes_on(budget: str) -> None:
    levels, again = (Levels(Policy(shadow_budget=budget)) for _ in range(2))
    levels.spend("a")
    levels.won("a", 1)
    again.restore(levels.state())
    assert again.state() == levels.state()
    assert again.spend("a") == levels.spend("a")


def test_a_budget_of_the_other_kind_begins_anew() -> None:
    lord, e_lond = (Levels(Policy(shadow_budget=each)) for each in ("lord", "e_lond"))
    lord.spend("a")
    e_lond.restore(lord.state())
    assert e_lond.spend("a")[0] == 1


def test_a_rate_that_changed_holds_from_then_on() -> None:
    levels, doubled = Levels(Policy()), Levels(Policy(false_discovery_rate=0.2))
    levels.spend("a")
    doubled.restore(levels.state())
    assert doubled.spend("a")[1] == pytest.approx(0.2 / 6)  # the second: 1 / (2 * 3)
