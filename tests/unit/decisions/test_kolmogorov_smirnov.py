"""The Kolmogorov-Smirnov statistic is the largest distance of two distributions, as scipy computes it."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from clm.decisions.kolmogorov_smirnov import ks_test

BY_HAND = [
    ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], 1.0, 2 / 70),  # 2 / C(8, 4): only two orders separate
    ([1.0, 2.0, 3.0], [5.0, 6.0, 7.0], 1.0, 2 / 20),  # 2 / C(6, 3)
    ([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0], 0.5, None),  # below 3 lie 2/4 and 0/4
    ([1.0, 2.0], [1.0, 2.0], 0.0, 1.0),
]


@pytest.mark.parametrize(("a", "b", "d", "p"), BY_HAND)
def test_d_and_p_are_the_hand_computed_ones(
    a: list[float], b: list[float], d: float, p: float | None
) -> None:
    got = ks_test(a, b)
    assert got[0] == pytest.approx(d)
    assert p is None or got[1] == pytest.approx(p)


def test_it_is_scipys_two_sample_test() -> None:
    a, b = [0.1, 0.4, 0.2, 0.9, 0.3], [0.5, 0.4, 0.8, 1.2]
    assert ks_test(a, b) == tuple(stats.ks_2samp(a, b))


@pytest.mark.parametrize(("a", "b"), [([], [1.0]), ([1.0], []), ([], [])])
def test_of_nothing_it_is_unknown(a: list[float], b: list[float]) -> None:
    assert all(map(math.isnan, ks_test(a, b)))


def test_samples_that_are_all_but_equal_bring_no_warning() -> None:
    a = [float(each) for each in range(300)]
    assert ks_test(a, [0.5, *a[1:]]) == (pytest.approx(1 / 300), pytest.approx(1.0))
