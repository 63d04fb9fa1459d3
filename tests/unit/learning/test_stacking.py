"""Weights are the best that are not negative, and never more than 1 in all."""

from __future__ import annotations

import numpy as np
import pytest

from clm.learning.stacking import stacked

CHANCE = np.random.default_rng(1)
A, B, C = CHANCE.normal(size=(3, 400))
NAIVE = CHANCE.normal(size=400)


def weights(outcome: np.ndarray, *said: np.ndarray) -> list[float]:
    return stacked(np.column_stack(said) + NAIVE[:, None], NAIVE, outcome + NAIVE).tolist()


def test_what_made_the_outcome_is_found() -> None:
    assert weights(0.3 * A + 0.5 * B, A, B, C) == pytest.approx([0.3, 0.5, 0.0], abs=1e-9)


def test_a_model_that_would_have_to_be_turned_round_is_left_out() -> None:
    found = weights(0.5 * A - 0.4 * B, A, B)
    assert found == pytest.approx([float(A @ (0.5 * A - 0.4 * B) / (A @ A)), 0.0])


def test_models_that_are_always_wrong_leave_naive() -> None:
    assert weights(-A - B, A, B) == [0.0, 0.0]


def test_what_is_too_shy_is_not_trusted_beyond_itself() -> None:
    assert weights(3 * A + B, A, B) == pytest.approx([0.75, 0.25])


def test_of_two_alike_the_sum_is_what_counts() -> None:
    assert sum(weights(0.6 * A, A, A)) == pytest.approx(0.6)


def test_rows_that_a_model_is_silent_on_do_not_count() -> None:
    holed = A.copy()
    holed[::7] = np.nan
    assert weights(0.3 * A + 0.5 * B, holed, B) == pytest.approx([0.3, 0.5])


@pytest.mark.parametrize("seed", range(5))
def test_no_grid_of_weights_fits_better(seed: int) -> None:
    chance = np.random.default_rng(seed)
    said, outcome = chance.normal(size=(60, 2)), chance.normal(size=60) + chance.normal(size=60)
    found = stacked(said, np.zeros(60), outcome)
    if found.sum() < 1:
        grid = np.array(np.meshgrid(np.linspace(0, 1, 41), np.linspace(0, 1, 41))).reshape(2, -1)
        losses = np.square(outcome[:, None] - said @ grid).sum(axis=0)
        assert np.square(outcome - said @ found).sum() <= losses.min() + 1e-9
