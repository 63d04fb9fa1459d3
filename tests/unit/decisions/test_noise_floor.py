"""Two equal trainings differ by chance; the floor says how far."""

from __future__ import annotations

import math

import pytest

from clm.decisions.noise_floor import noise_floor
from clm.errors import InsufficientData


def test_the_floor_is_a_quantile_of_the_difference_of_two_trainings() -> None:
    # logarithms 0 and 0.02: s = 0.02 / sqrt(2), t(0.95, 1) = 6.3138
    assert noise_floor([1.0, math.exp(0.02)]) == pytest.approx(6.3138 * 0.02, rel=1e-4)


def test_it_does_not_depend_on_the_unit_of_the_loss() -> None:
    assert noise_floor([1.0, 1.1, 1.2]) == pytest.approx(noise_floor([10.0, 11.0, 12.0]))


def test_trainings_that_never_differ_have_none() -> None:
    assert noise_floor([0.3, 0.3, 0.3]) == 0.0


@pytest.mark.parametrize("losses", [[], [1.0], [1.0, 0.0], [1.0, math.nan], [1.0, math.inf]])
def test_what_cannot_be_measured_names_the_remedy(losses: list[float]) -> None:
    with pytest.raises(InsufficientData, match="noise_replicas"):
        noise_floor(losses)
