"""The index is zero without drift, grows with it, and counts what is unknown."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.learning.population_stability import psi, psi_by_chance


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_it_is_the_sum_over_the_bins_as_computed_by_hand() -> None:
    # the edges are 0, 1/2 and 1; half a value more in each of the four bins, and in that of unknown ones
    trained, seen = column(*[0.0] * 10, *[1.0] * 10), column(*[1.0] * 20)
    before, now = np.array([0.5, 10.5, 0.5, 10.5, 0.5]) / 22.5, np.array([0.5, 0.5, 0.5, 20.5, 0.5]) / 22.5
    assert psi(trained, seen) == pytest.approx(((now - before) * np.log(now / before)).sum())


def test_values_that_became_unknown_are_drift() -> None:
    trained, seen = np.arange(100, dtype=np.float32), np.full(100, np.nan, np.float32)
    assert psi(trained, seen) > 5


def test_a_feature_that_was_never_known_is_compared_by_that_alone() -> None:
    never = np.full(50, np.nan, np.float32)
    assert psi(never, never) == 0
    assert psi(never, column(*range(50))) > 5


def test_without_drift_it_is_on_average_what_chance_gives() -> None:
    rng = np.random.default_rng(1)
    found = [psi(*rng.normal(size=(2, 400)).astype(np.float32)) for _ in range(200)]
    assert math.isclose(float(np.mean(found)), psi_by_chance(400, 400), rel_tol=0.25)
