"""Skill decay compares whole days of loss with the naive forecast's."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

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
