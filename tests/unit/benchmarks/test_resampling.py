"""The block bootstrap of a relative loss."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.train.resampling import relative

LOSS = np.abs(np.random.default_rng(1).normal(size=720))


def test_a_loss_that_is_twice_as_large_everywhere_is_so_in_every_draw() -> None:
    found = relative([(2 * LOSS, LOSS), (2 * LOSS, LOSS)])
    assert (found.mean, found.low, found.high, found.bound) == pytest.approx((1.0, 1.0, 1.0, 1.0))


def test_equal_models_with_errors_of_their_own_may_be_better_or_worse() -> None:
    other = np.abs(np.random.default_rng(2).normal(size=720))
    found = relative([(LOSS, other)] * 5)
    assert found.low < found.mean < found.bound < found.high
    assert found.high - found.low == pytest.approx(
        2 * 1.96 * LOSS.std() / LOSS.mean() * (2 / 3600) ** 0.5, rel=0.2
    )


def test_rows_that_share_an_error_say_less() -> None:
    chance = np.random.default_rng(3)
    mine, theirs = (np.repeat(np.abs(chance.normal(size=30)), 24) for _ in range(2))
    wide, narrow = (relative([(mine, theirs)], block=block) for block in (24, 1))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
