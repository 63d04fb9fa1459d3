"""The Diebold-Mariano test with the correction for small samples equals its formula worked by hand."""

from __future__ import annotations

import math

import pytest

from clm.decisions.diebold_mariano import p_value_better, statistic

# d = |active| - |candidate| = 1 0 1 0: mean 1/2, variance 1/4, DM = (1/2) / sqrt(1/16) = 2,
# corrected by sqrt((4 + 1 - 2 + 0) / 4) = sqrt(3/4): sqrt(3)
ONE_BAR = ([1.0, -2.0, 1.0, 2.0], [2.0, 2.0, -2.0, 2.0])

# d = 0 0 2 2 4 4: mean 2, gamma0 = 16/6, gamma1 = 8/6, v = 16/6 + 2 * 8/6 = 32/6,
# DM^2 = 4 / (32/36) = 4.5, corrected by (6 + 1 - 4 + 2/6) / 6 = 10/18: sqrt(2.5)
TWO_BARS = ([0.0] * 6, [0.0, 0.0, 2.0, -2.0, 4.0, -4.0])


def test_errors_of_one_bar_are_taken_as_independent() -> None:
    assert statistic(*ONE_BAR, 1) == pytest.approx(math.sqrt(3), rel=1e-12)


def test_errors_of_two_bars_are_taken_to_overlap_by_one_row() -> None:
    assert statistic(*TWO_BARS, 2) == pytest.approx(math.sqrt(2.5), rel=1e-12)


def test_the_sign_says_who_is_better() -> None:
    candidate, active = ONE_BAR
    assert statistic(active, candidate, 1) == pytest.approx(-math.sqrt(3), rel=1e-12)


def test_the_p_value_is_one_sided_by_student() -> None:
    # three degrees: P(T > t) = 1/2 - (u / (1 + u^2) + atan(u)) / pi with u = t / sqrt(3) = 1
    by_hand = 0.5 - (0.5 + math.pi / 4) / math.pi
    assert p_value_better(*ONE_BAR, 1) == pytest.approx(by_hand, rel=1e-9)


def test_a_worse_candidate_has_a_large_p_value() -> None:
    candidate, active = ONE_BAR
    by_hand = 0.5 + (0.5 + math.pi / 4) / math.pi
    assert p_value_better(active, candidate, 1) == pytest.approx(by_hand, rel=1e-9)


@pytest.mark.parametrize(("rows", "horizon"), [(3, 1), (5, 2), (0, 1)])
def test_too_few_rows_prove_nothing(rows: int, horizon: int) -> None:
    candidate, active = [0.0] * rows, [float(row) for row in range(rows)]
    assert math.isnan(statistic(candidate, active, horizon))
    assert math.isnan(p_value_better(candidate, active, horizon))


@pytest.mark.parametrize("rows", [4, 7, 10, 11])
def test_a_constant_difference_has_no_variance_whatever_the_rounding(rows: int) -> None:
    assert math.isnan(statistic([0.1] * rows, [0.4] * rows, 1))
