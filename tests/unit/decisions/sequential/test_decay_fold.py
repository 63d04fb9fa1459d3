"""One block of the decay detector's loop, by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from clm.decisions.sequential import decay_fold as loop
from clm.decisions.sequential import long_run

RULES = np.array([12.0, 10.0, 0.0])
SPREAD = 0.7 * (1 + 36 / 400)  # 400 blocks of 1 and -1: the floor


def deviation(skill: float) -> float:
    """Of a block that has a skill."""
    return math.sqrt(SPREAD + 0.25 * skill * skill)


DOUBT = math.sqrt(SPREAD / (400 - 0.25))  # the skill that is one deviation of 400 blocks' mean


def known(mean: float) -> Any:
    """A state with 400 blocks of baseline, standardised mean ``mean``."""
    state = np.zeros(loop.STATE)
    for block in range(400):
        long_run.push(state, loop.VARIANCE, -1.0 if block % 2 else 1.0)
    state[loop.BASE_BLOCKS], state[loop.BASE_TOTAL] = 400.0, 400.0 * mean
    return state


def test_a_block_is_weighed_for_four_sizes_of_loss() -> None:
    state = known(0.5)
    loop.looked(state, RULES, -1.0)
    s = deviation(0.5)
    u = (0.5 - s / 20 / 10 + 1.0) / s
    sizes = [share * 0.5 / s for share in (0.4, 0.8, 1.6, 3.2)]
    expected = [0.25 * math.exp(d * u - d * d / 2) for d in sizes]
    assert state[loop.RATIOS : loop.RATIOS + 4] == pytest.approx(expected, rel=1e-9)


def test_no_block_counts_for_more_than_three_deviations() -> None:
    ends = []
    for value in (0.5 - 3.2 * deviation(0.5), -1000.0):
        state = known(0.5)
        loop.looked(state, RULES, value)
        ends.append(state[loop.RATIOS : loop.RATIOS + 4].tolist())
    d = 0.4 * 0.5 / deviation(0.5)
    assert ends[0] == ends[1]
    assert ends[0][0] == pytest.approx(0.25 * math.exp(3.0 * d - d * d / 2), rel=1e-9)


def test_the_limit_itself_raises_an_alarm() -> None:
    state = known(0.5)
    state[loop.RATIOS] = 12.0  # the smallest size after the mean block: about 12 exp(-0.01)
    again = state.copy()
    loop.looked(again, RULES, 0.5)
    total = float(again[loop.RATIOS : loop.RATIOS + 4].sum())
    assert loop.looked(state.copy(), np.array([12.0, total, 0.0]), 0.5)
    assert not loop.looked(state.copy(), np.array([12.0, total * 1.0001, 0.0]), 0.5)


@pytest.mark.parametrize(("mean", "moved"), [(0.99 * DOUBT, False), (1.01 * DOUBT, True)])
def test_skill_within_one_standard_error_is_none(mean: float, moved: bool) -> None:
    state = known(mean)
    loop.looked(state, RULES, -1.0)
    assert bool(state[loop.RATIOS] > 0) is moved


def test_blocks_enter_the_baseline_one_to_two_buckets_late() -> None:
    state = known(0.5)
    rules = np.array([1.0, 1e300, 0.0])
    for _ in range(399):
        loop.fold_one(state, rules, 0.5)
    assert state[loop.BASE_BLOCKS] == 400
    loop.fold_one(state, rules, 0.5)
    assert state[loop.BASE_BLOCKS] == 600


@pytest.mark.parametrize(("blocks", "moved"), [(23, False), (24, True)])
def test_nothing_is_held_to_a_baseline_of_fewer_than_twenty_four_blocks(blocks: int, moved: bool) -> None:
    state = known(0.5)
    state[loop.BASE_BLOCKS], state[loop.BASE_TOTAL] = float(blocks), 0.5 * blocks
    loop.looked(state, RULES, -1.0)
    assert bool(state[loop.RATIOS] > 0) is moved


def counts(state: Any) -> list[float]:
    """Everything before the ratios: block, baseline, older and newer bucket, rest, alarms."""
    return [float(each) for each in state[: loop.RATIOS]]


def test_a_score_waits_until_its_block_is_full() -> None:
    state, rules = known(0.5), np.array([4.0, 1e300, 0.0])
    for score in (1.0, math.nan, 2.0, 3.0):
        loop.fold_one(state, rules, score)
    assert counts(state) == [6, 3, 400, 200, 0, 0, 0, 0, 0, 0]
    loop.fold_one(state, rules, 4.0)  # 10 / sqrt(4)
    assert counts(state) == [0, 0, 400, 200, 0, 0, 1, 5, 0, 0]
    assert (state[loop.VARIANCE], state[loop.VARIANCE + 1]) == (401, 5)


def test_a_full_bucket_moves_the_older_one_into_the_baseline() -> None:
    state = known(0.5)
    state[4:8] = 150, 7, 199, 10
    loop.fold_one(state, np.array([1.0, 1e300, 0.0]), 2.0)
    assert counts(state) == [0, 0, 550, 207, 200, 12, 0, 0, 0, 0]


def test_an_alarm_puts_all_that_was_seen_into_the_baseline_and_begins_anew() -> None:
    state = known(0.5)
    state[: loop.VARIANCE] = [7, 6, 400, 200, 5, 2, 3, -1, 0, 2, 1, 2, 3, 4]
    loop.begin_anew(state)
    assert state[: loop.VARIANCE].tolist() == [7, 6, 408, 201, 0, 0, 0, 0, 24, 3, 0, 0, 0, 0]


def test_after_it_twenty_four_blocks_are_not_weighed() -> None:
    state = known(0.5)
    loop.begin_anew(state)
    for _ in range(24):
        loop.looked(state, RULES, -1.0)
    assert (state[loop.REST], state[loop.RATIOS]) == (0, 0)
    loop.looked(state, RULES, -1.0)
    assert state[loop.RATIOS] > 0


def test_the_rows_that_raise_an_alarm_are_ones() -> None:
    alarms = np.zeros(3, dtype=np.uint8)
    loop.fold(known(0.5), np.array([1.0, 1e-9, 0.0]), np.array([math.nan, 0.5, 0.5]), alarms)
    assert alarms.tolist() == [0, 1, 0]
