"""The skill score is large for bold forecasts in the right direction, whatever the volatility."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.decisions.sequential.skill_score import SkillScore

RNG = np.random.default_rng(10)


def test_the_clips_bound_one_row() -> None:
    score = SkillScore()
    score.update(1.0, 1.0)
    assert score.update(100.0, -100.0) == -5.0  # 2.5 times 2


def test_without_skill_the_mean_is_zero() -> None:
    rng = np.random.default_rng(2)
    scores = SkillScore().update_many(rng.normal(size=20_000), rng.normal(size=20_000))
    assert scores.mean() == pytest.approx(0.0, abs=0.03)


def test_volatility_leaves_it_as_it_was() -> None:
    rng = np.random.default_rng(3)
    said, noise = rng.normal(size=(2, 40_000))
    size = np.where(np.arange(40_000) < 20_000, 1.0, 3.0)
    scores = SkillScore().update_many(said, size * (0.2 * said + noise))
    assert scores[:20_000].mean() == pytest.approx(scores[20_000:].mean(), abs=0.03)


def test_a_row_without_a_number_teaches_nothing() -> None:
    score = SkillScore()
    score.update(1.0, 1.0)
    before = score.state()
    assert math.isnan(score.update(math.nan, 1.0))
    assert score.state() == before


def test_the_sizes_forget_two_hundredths_a_row() -> None:
    score = SkillScore()
    for _ in range(100):
        score.update(1.0, 1.0)
    score.update(3.0, 1.0)  # 1 + 0.02 * (9 - 1) = 1.16
    assert score.update(1.0, 1.0) == pytest.approx(1 / math.sqrt(1.16), rel=1e-12)
