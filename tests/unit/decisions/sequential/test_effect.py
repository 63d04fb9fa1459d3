"""How much two forecasts differ, with an interval that holds however often it is looked at."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.decisions.sequential.effect import LEAST_BLOCKS, Effect, effect, margin
from clm.errors import ConfigurationError

CALM = [1.0, 3.0] * 144
"""288 losses of mean 2: 24 blocks of 12."""


def test_a_table_by_hand() -> None:
    """b - a is -1, +1 in turns of a block each, and w = (b - a)/2, so that a block's sum over sqrt(12) is
    -+ sqrt(3): g_0 = 3, every odd lag -, and the floor .7 g_0 with the caution 1 + 36/24 gives 5.25."""
    second = [value + (-1.0 if row // 12 % 2 else 1.0) for row, value in enumerate(CALM)]
    found = effect(CALM, second, 1)
    r = (-2 * math.log(0.05) + math.log(1 - 2 * math.log(0.05))) / 2016
    width = math.sqrt(5.25 * 2 * (288 * r + 1) / (288**2 * r) * math.log(math.sqrt(288 * r + 1) / 0.05))
    assert (found.pairs, found.first_loss, found.second_loss, found.effect) == (288, 2.0, 2.0, 0.0)
    assert (found.low, found.high) == (pytest.approx(-width), pytest.approx(width))
    assert found.effective == pytest.approx(288 * 0.25 / 5.25)
    assert found.better == "undecided"


def test_how_many_pairs_are_worth_an_independent_one_does_not_hang_on_their_size() -> None:
    second = [value + (-0.1 if row // 12 % 2 else 0.1) for row, value in enumerate(CALM)]
    assert effect(CALM, second, 1).effective == pytest.approx(288 * 0.25 / 5.25)


@pytest.mark.parametrize(("share", "better"), [(0.9, "second"), (1.1, "first"), (1.0, "undecided")])
def test_a_constant_ratio_needs_no_interval(share: float, better: str) -> None:
    found = effect(CALM, [share * value for value in CALM], 1)
    assert (found.effect, found.better) == (pytest.approx(share - 1), better)
    assert found.high - found.low < 1e-9


def test_there_is_no_interval_before_the_variance_was_seen() -> None:
    found = effect(CALM[:280], [0.5 * value for value in CALM[:280]], 1)
    assert (found.effect, found.low, found.high) == (pytest.approx(-0.5), -math.inf, math.inf)
    assert (found.needed, found.better) == (8, "undecided")


def test_overlapping_outcomes_make_blocks_as_long() -> None:
    assert effect(CALM, CALM, 20).needed == LEAST_BLOCKS * 20 - 288
    assert effect(CALM, CALM, 12).needed == 0


def test_without_pairs_there_is_nothing_to_tell() -> None:
    found = effect([], [], 1)
    assert (found.pairs, found.needed, found.better) == (0, 288, "undecided")
    assert math.isnan(found.effect)


def test_a_first_forecast_without_any_error_can_be_no_yardstick() -> None:
    found = effect([0.0] * 300, [1.0] * 300, 1)
    assert (math.isnan(found.effect), found.low, found.better) == (True, -math.inf, "undecided")


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_level_is_a_probability(level: float) -> None:
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        effect(CALM, CALM, 1, level)


def test_what_is_not_paired_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="288 and 3 events"):
        effect(CALM, [1.0, 2.0, 3.0], 1)


def test_the_interval_of_a_smaller_level_is_wider_and_of_more_pairs_narrower() -> None:
    assert margin(500, 0.01) > margin(500, 0.05) > margin(2000, 0.05) > 1.96 / math.sqrt(2000)


def looked_at(first: np.ndarray, second: np.ndarray, overlap: int) -> list[Effect]:
    return [effect(first[:n], second[:n], overlap) for n in range(288, len(first) + 1, 96)]


@pytest.mark.parametrize(("truth", "horizon"), [(0.0, 1), (-0.05, 1), (0.0, 12)])
def test_the_truth_stays_inside_however_often_it_is_looked_at(truth: float, horizon: int) -> None:
    """A quick version of what was run with 200 streams of 4,032 pairs: .01 to .055 left the truth out."""
    draw, wrong = np.random.default_rng(3), 0
    for _ in range(60):
        steps = draw.standard_t(5, size=(3, 1500 + horizon - 1))
        common, one, other = (np.convolve(each, np.ones(horizon), "valid") for each in steps)
        pair = np.abs(common + 0.2 * one), (1 + truth) * np.abs(common + 0.2 * other)
        wrong += any(not each.low <= truth <= each.high for each in looked_at(*pair, horizon))
    assert wrong <= 7  # 3 expected at most, and two and a half deviations


def test_five_per_cent_are_found_in_a_week_of_five_minute_bars() -> None:
    draw = np.random.default_rng(4)
    common = draw.normal(size=2016)
    first, second = common + 0.2 * draw.normal(size=(2, 2016))
    assert effect(np.abs(first), 0.95 * np.abs(second), 1).better == "second"
