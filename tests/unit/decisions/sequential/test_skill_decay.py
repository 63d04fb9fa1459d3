"""Skill decay compares whole days of loss with the naive forecast's."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from clm.decisions.sequential import skill_decay_fold as loop
from clm.decisions.sequential.skill_decay import SkillDecay, SkillDecayRules
from clm.errors import ConfigurationError
from clm.events import DAY, HOUR


def days(*losses: float, **rules: Any) -> SkillDecay:
    """24 rows a day of one loss each; the naive forecast loses 1."""
    decay = SkillDecay(SkillDecayRules(**{"ratio": 0.9, **rules}))
    for day, loss in enumerate(losses):
        for hour in range(24):
            decay.update(day * DAY + hour * HOUR, loss, 1.0)
    return decay


# limit 0.9 * 1.03 = 0.927
@pytest.mark.parametrize(("loss", "alarm"), [(0.926, False), (0.928, True)])
def test_three_percent_above_the_hold_out_is_the_limit(loss: float, alarm: bool) -> None:
    assert days(loss, loss, loss).update(3 * DAY, 0.0, 1.0) is alarm


def test_only_the_first_row_of_a_day_is_looked_at() -> None:
    decay = days(2.0, 2.0, 2.0)
    assert not decay.update(3 * DAY - 1, 2.0, 1.0)
    assert decay.update(3 * DAY, 2.0, 1.0)
    assert not decay.update(3 * DAY + 1, 2.0, 1.0)


def test_rare_outcomes_ask_for_more_days() -> None:
    assert math.isnan(days(1.0, 1.0, 1.0, 1.0, overlap=2).ratio)  # 96 rows of 100
    assert days(1.0, 1.0, 1.0, 1.0, 1.0, overlap=2).ratio == 1.0


def test_the_window_forgets_older_days() -> None:
    assert days(9.0, 0.8, 0.8, 0.8).ratio == pytest.approx(0.8)


def test_volatility_that_doubles_both_losses_is_no_decay() -> None:
    decay = days(0.9, 0.9)
    for day in (2, 3, 4):
        assert not decay.update(day * DAY, 1.8, 2.0)


def test_a_restored_one_goes_on() -> None:
    decay = days(2.0, 2.0, 2.0)
    again = SkillDecay.restored(json.loads(json.dumps(decay.state())))
    assert again.update(3 * DAY, 1.0, 1.0)


def test_a_ratio_must_be_positive() -> None:
    with pytest.raises(ConfigurationError, match="ratio"):
        SkillDecayRules(ratio=math.nan)


def test_a_day_of_one_small_row_is_a_window_where_no_more_is_asked_for() -> None:
    decay = SkillDecay(SkillDecayRules(ratio=0.9, days=1, least=1))
    assert [decay.update(day * DAY, 0.2, 0.1) for day in range(2)] == [False, True]
    assert decay.ratio == 2.0


@pytest.mark.parametrize("losses", [(math.nan, 1.0), (1.0, math.inf)])
def test_a_row_without_both_losses_does_not_count(losses: tuple[float, float]) -> None:
    decay = days(0.5)
    before = decay.state()
    assert not decay.update(9 * DAY, *losses)
    assert decay.state() == before


# 24 rows a day, loss 0.5 and 0.25 each: the newest two days have 48 rows, 18 and 48
@pytest.mark.parametrize(("least", "rows"), [(48, 48.0), (49, -48.0)])
def test_a_window_is_the_sums_of_its_days_and_negative_while_it_fills(least: int, rows: float) -> None:
    decay = days(0.5, 0.25, days=2, least=least)
    found = loop.window_of(decay._state, decay._rules)
    assert tuple(found) == (rows, 18.0, 48.0)


def test_it_remembers_the_newest_366_days() -> None:
    decay = SkillDecay(SkillDecayRules(ratio=0.9))
    for day in range(368):
        decay.update(day * DAY, 0.5, 1.0)
    assert decay.state()["days"] == [[day, 1.0, 0.5, 1.0] for day in range(2, 368)]
