"""The mixture is the average over half-normal bets that its docstring says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.decisions.sequential.horizon_bound import horizon_bound
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


def test_luck_passes_the_limit_no_more_often_than_the_level() -> None:
    steps = np.random.default_rng(3).choice([-1.0, 1.0], (400, 1000)).cumsum(axis=1)
    passed = [
        any(log_mixture(s, n, 0.1) >= math.log(20) for n, s in enumerate(path, 1)) for path in steps.tolist()
    ]
    assert sum(passed) <= 20 + 3 * math.sqrt(20)


def test_the_horizon_bound_of_a_tenth_is_the_two_sided_normal_limit() -> None:
    assert horizon_bound(0.1) == pytest.approx(1.6449, abs=1e-4)
