"""What a hold-out teaches the detectors of decay."""

from __future__ import annotations

from typing import Any

import msgpack
import numpy as np
import pytest

from clm.decisions.sequential import decay_fold as loop
from clm.decisions.sequential.baseline import VERSION, Baseline
from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.skill_score import SkillScore
from clm.errors import MalformedEvent
from clm.events import DAY, HOUR

RNG = np.random.default_rng(4)
OUTCOME = RNG.normal(size=1200)
VALUE = 0.3 * OUTCOME + RNG.normal(size=1200)
NAIVE = np.zeros(1200)
AT = np.repeat(np.arange(400) * HOUR, 3)  # three symbols on hourly bars


def made(horizon: int = 1) -> Baseline:
    return Baseline.of(VALUE, NAIVE, OUTCOME, AT, horizon)


def test_rows_overlap_by_the_horizon_times_the_rows_of_a_bar() -> None:
    assert [made(horizon).overlap for horizon in (1, 12)] == [3, 36]


def test_the_rows_of_a_day_are_counted_as_they_came() -> None:
    assert made().rows_per_day == pytest.approx(72.0)


@pytest.mark.parametrize(("bars", "rows"), [([5, 6], 24.0), ([5, 5, 6, 6], 48.0), ([48, 96], 0.5)])
def test_two_bars_suffice_to_count_them_wherever_they_lie(bars: list[int], rows: float) -> None:
    some = np.array([0.01, 0.02, 0.03, 0.04])[: len(bars)]
    assert Baseline.of(some, 0 * some, 2 * some, np.array(bars) * HOUR, 1).rows_per_day == rows


def test_a_single_bar_counts_as_a_day() -> None:
    assert Baseline.of(VALUE[:5], NAIVE[:5], OUTCOME[:5], np.zeros(5, np.int64), 1).rows_per_day == 5.0


def test_the_state_is_that_of_a_detector_that_has_seen_the_hold_out() -> None:
    scores = SkillScore().update_many(VALUE, OUTCOME)
    rules = DecayRules(between_alarms=365 * 72.0, overlap=12)
    detector = Decay(rules, scores)
    found = made(horizon=4)
    assert list(found.state) == detector.state()
    assert found.rules(365.0) == pytest.approx([24.0, 365 * 72 / 24, 0.0])


def test_the_ratio_of_losses_is_that_of_the_hold_out() -> None:
    value, naive, outcome = np.array([1.0, 3.0]), np.array([0.0, 0.0]), np.array([2.0, 4.0])
    found = Baseline.of(value, naive, outcome, np.array([0, HOUR]), 1)
    assert found.ratio == pytest.approx(2 / 6)
    assert found.bounds[0] == pytest.approx(1.03 * 2 / 6)


# value - naive = 0.1, 0.4; outcome - naive = 0.3, 0.6; the mean of two squares each; losses 0.4 of 0.9
def test_forecast_and_outcome_are_departures_from_the_naive_one_however_small() -> None:
    value, naive, outcome = np.array([0.3, 0.6]), np.array([0.2, 0.2]), np.array([0.5, 0.8])
    found = Baseline.of(value, naive, outcome, np.array([0, DAY]), 1)
    assert list(found.sizes) == pytest.approx([2.0, 0.085, 0.225])
    assert found.ratio == pytest.approx(4 / 9)


def test_where_naive_never_errs_no_loss_exceeds_its_own() -> None:
    found = Baseline.of(VALUE, OUTCOME, OUTCOME, AT, 1)
    assert (found.ratio, found.bounds[0]) == (None, float("inf"))


def test_it_travels_as_plain_values() -> None:
    assert Baseline.restored(msgpack.unpackb(msgpack.packb(made().plain()))) == made()


def test_an_evaluation_without_one_of_this_version_announces_none() -> None:
    plain = made().plain()
    assert Baseline.announced({"decay": plain}) == plain
    assert [Baseline.announced(each) for each in ({}, {"decay": {**plain, "v": VERSION - 1}})] == [None, None]


def test_states_of_another_layout_are_of_another_version() -> None:
    assert (VERSION, loop.STATE, len(SkillScore().state())) == (2, 53, 3)  # raise the first with the others


@pytest.mark.parametrize(
    "change", [{"state": [0.0]}, {"sizes": [1.0, 2.0]}, {"overlap": 0}, {"rows_per_day": 0.0}, {"extra": 1},
               {"state": ["0"] * loop.STATE}, {"ratio": float("nan")}],
)  # fmt: skip
def test_what_cannot_be_a_baseline_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent, match="train the version again"):
        Baseline.restored({**made().plain(), **change})
