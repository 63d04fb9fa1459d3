"""The mixture is the average over half-normal bets that its docstring says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.decisions.sequential.horizon_bound import horizon_bound, met
from clm.decisions.sequential.mixture import log_mixture


def averaged(total: float, variance: float, scale: float) -> float:
    g = np.linspace(0.0, 12 * scale, 400_001)
    weights = 2 * np.exp(-0.5 * (g / scale) ** 2) / (scale * math.sqrt(2 * math.pi))
    return math.log(np.trapezoid(weights * np.exp(g * total - 0.5 * g * g * variance), g))


@pytest.mark.parametrize(
    ("total", "variance", "scale"), [(30.0, 100.0, 0.1), (-5.0, 50.0, 0.05), (0.0, 400.0, 0.2)]
)
def test_it_averages_over_bets(total: float, variance: float, scale: float) -> None:
    assert log_mixture(total, variance, scale) == pytest.approx(averaged(total, variance, scale), abs=1e-6)


def test_far_below_it_follows_the_tail_without_a_jump() -> None:
    above, below = (log_mixture(total, 100.0, 1.0) for total in (-60.2, -60.4))  # u = -5.99, -6.01
    assert above - below == pytest.approx(0.0, abs=0.04)
    assert math.isfinite(log_mixture(-1e6, 100.0, 1.0))


# V = 0, t = 1, u = S: log 2 - log(2 pi)/2 - log 6.01 = -2.019 (-2.045 without the cut at 6), and above it
# log 2 + 5.99^2/2 + log Phi(-5.99), Phi = 1.04921e-9
@pytest.mark.parametrize(("total", "value"), [(-6.01, -2.01922), (-5.99, -2.04204)])
def test_six_deviations_below_it_goes_over_to_the_tail(total: float, value: float) -> None:
    assert log_mixture(total, 0.0, 1.0) == pytest.approx(value, abs=1e-4)


def test_luck_passes_the_limit_no_more_often_than_the_level() -> None:
    steps = np.random.default_rng(3).choice([-1.0, 1.0], (400, 1000)).cumsum(axis=1)
    passed = [
        any(log_mixture(s, n, 0.1) >= math.log(20) for n, s in enumerate(path, 1)) for path in steps.tolist()
    ]
    assert sum(passed) <= 20 + 3 * math.sqrt(20)


# c = 3: Phi(-2) = 0.0227501, Phi(-4) = 3.16712e-5 exp(6) = 0.0127771; c = 2: 0.158655 + 0.0013499 exp(4)
@pytest.mark.parametrize(("start", "probability"), [(3.0, 0.0355272), (2.0, 0.2323567)])
def test_a_sum_without_drift_meets_the_horizon_bound_as_often_as_brownian_motion(
    start: float, probability: float
) -> None:
    assert met(start) == pytest.approx(probability, abs=1e-6)
    assert horizon_bound(probability) == pytest.approx(start, abs=1e-5)


def test_sums_of_equals_pass_the_horizon_bound_no_more_often_than_the_level_says() -> None:
    steps = np.cumsum(np.random.default_rng(3).normal(size=(400, 400)), axis=1)
    bound = (horizon_bound(0.05) - np.arange(1, 401) / 400) * math.sqrt(400)
    passed = (steps >= bound).any(axis=1).sum()
    assert 2 <= passed <= 20 + 3 * math.sqrt(20)
