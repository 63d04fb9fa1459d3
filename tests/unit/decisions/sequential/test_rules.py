"""The numbers that the sequential rules are known by, each in one place, and the limits that follow."""

from __future__ import annotations

import math

import pytest

from clm.decisions.sequential.decay import DecayRules
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.probation import probation_rules
from clm.decisions.sequential.sentinel import SentinelRules
from clm.decisions.sequential.skill_decay import SkillDecayRules
from clm.errors import ConfigurationError


def test_the_shadow_keeps_two_thirds_of_its_level_for_the_end() -> None:
    rules = DuelRules()
    assert rules.early_limit == pytest.approx(-math.log(0.05 * 0.35), rel=1e-12)
    assert rules.late_limit == pytest.approx(3.0381, abs=1e-4)  # Phi(1 - c) + exp(2c) Phi(-1 - c) = 0.0325
    assert rules.futility_limit == pytest.approx(math.log(10), rel=1e-12)


def test_the_shadow_asks_for_two_percent_within_two_weeks() -> None:
    rules = DuelRules()
    assert (rules.improvement, rules.reach, rules.horizon, rules.least) == (0.02, 2.5, 14 * 288, 36)


def test_outcomes_overlap_only_where_it_is_said() -> None:
    assert (DuelRules().overlap, DecayRules().overlap, SkillDecayRules(ratio=1.0).overlap) == (1, 1, 1)


@pytest.mark.parametrize("field", ["level", "futility"])
@pytest.mark.parametrize("value", [0.0, 1.0, 1.5])
def test_a_probability_lies_between_nothing_and_certainty(field: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=field):
        DuelRules(**{field: value})


def test_without_a_late_share_there_is_no_horizon_bound() -> None:
    assert (DuelRules(late=0.0).late_limit, DuelRules(late=0.0).early_limit) == (math.inf, -math.log(0.05))


@pytest.mark.parametrize(("overlap", "block"), [(1, 12), (12, 12), (13, 13)])
def test_a_block_holds_the_overlap(overlap: int, block: int) -> None:
    assert DuelRules(overlap=overlap).block == block


def test_a_probation_watches_a_week_for_five_percent() -> None:
    rules = probation_rules(3)
    assert (rules.level, rules.late, rules.improvement, rules.overlap) == (0.04, 0.0, 0.05, 3)
    assert (rules.horizon, rules.least, rules.futility) == (7 * 288, 24, 1e-9)


def test_a_false_alarm_of_decay_comes_once_a_year_of_five_minute_bars() -> None:
    assert DecayRules().between_alarms == 365 * 288


@pytest.mark.parametrize(("overlap", "block"), [(1, 12), (6, 12), (12, 24)])
def test_a_block_of_decay_holds_the_overlap_twice(overlap: int, block: int) -> None:
    assert DecayRules(overlap=overlap).block == block


def test_skill_decay_looks_at_three_days_of_fifty_outcomes() -> None:
    rules = SkillDecayRules(ratio=1.0)
    assert (rules.days, rules.least, rules.limit) == (3, 50, 1.03)


def test_the_sentinel_looks_at_three_days_of_hours() -> None:
    rules = SentinelRules()
    assert (rules.block, rules.blocks, rules.limit, rules.gain) == (12, 3 * 24, 3.5, 0.02)
