"""Decay is found where skill was, and nowhere else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.decisions.sequential.decay import Decay, DecayRules
from clm.decisions.sequential.shiryaev_roberts import advanced
from clm.errors import InsufficientData

RNG = np.random.default_rng(6)
BASELINE = 0.15 + RNG.normal(size=5184)


def test_skill_that_stays_raises_no_alarm() -> None:
    rng = np.random.default_rng(1)
    assert Decay(DecayRules(), BASELINE).update_many(0.15 + rng.normal(size=20_000)) == []


def test_skill_that_is_lost_raises_one() -> None:
    rng = np.random.default_rng(2)
    alarms = Decay(DecayRules(), BASELINE).update_many(rng.normal(size=3000))
    assert alarms
    assert alarms[0] < 2000


def test_where_no_skill_was_none_can_be_lost() -> None:
    rng = np.random.default_rng(3)
    decay = Decay(DecayRules(between_alarms=100.0), rng.normal(size=5184) - 0.1)
    assert decay.update_many(rng.normal(size=5000) - 1.0) == []


def test_after_an_alarm_it_rests_for_twenty_four_blocks() -> None:
    rng = np.random.default_rng(4)
    alarms = Decay(DecayRules(between_alarms=100.0), BASELINE).update_many(rng.normal(size=4000) - 1.0)
    assert min(np.diff(alarms)) > 24 * 12


def test_after_an_alarm_what_was_seen_belongs_to_the_baseline() -> None:
    decay = Decay(DecayRules(), BASELINE)
    before = decay.baseline
    rng = np.random.default_rng(5)
    decay.update_many(rng.normal(size=3000) - 0.5)
    assert decay.baseline < before


def test_the_baseline_is_the_mean_score_of_the_hold_out() -> None:
    assert Decay(DecayRules(), [0.9, -0.5, 0.5, 0.3, -0.2] * 120).baseline == pytest.approx(0.2, rel=1e-12)


def test_hits_are_held_against_a_half() -> None:
    rng = np.random.default_rng(6)
    hits = (rng.random(5184) < 0.55).astype(float)
    decay = Decay(DecayRules(null=0.5), hits)
    assert decay.update_many((rng.random(4000) < 0.45).astype(float))


def test_a_score_that_is_no_number_says_nothing() -> None:
    decay = Decay(DecayRules(), BASELINE)
    before = decay.state()
    assert not decay.update(math.nan)
    assert decay.state() == before


def test_a_short_baseline_is_refused() -> None:
    with pytest.raises(InsufficientData, match="23 blocks of 12"):
        Decay(DecayRules(), BASELINE[: 24 * 12 - 1])


def test_the_statistic_grows_by_one_a_block_while_nothing_changed() -> None:
    # E exp(d u - d^2/2) = 1: after 10 blocks the mean is 10
    u = np.random.default_rng(7).normal(size=(20_000, 10))
    ratios = [0.0] * len(u)
    for k in range(10):
        ratios = [advanced(r, 1.0, 0.5, x) for r, x in zip(ratios, u[:, k].tolist(), strict=True)]
    assert np.mean(ratios) == pytest.approx(10.0, rel=0.05)
