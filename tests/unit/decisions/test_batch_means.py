"""One look at a mean whose rows depend on their neighbours: batches of bars, read from Student's t."""

from __future__ import annotations

import math

import msgpack
import numpy as np
import pytest
from scipy import stats

from clm.decisions.batch_means import LEAST, BatchMeans


def folded(values: list[float], length: int = 1, per_bar: int = 1) -> BatchMeans:
    means = BatchMeans()
    for row, value in enumerate(values):
        means.update(value, row // per_bar, length)
    return means


def test_it_is_the_t_test_of_the_batches_means() -> None:
    values = np.random.default_rng(1).normal(0.3, 1.0, size=241)
    found = folded(values.tolist(), length=5, per_bar=4)  # batches of 20 rows; the last row opens another
    batches = values[:240].reshape(12, 20).mean(axis=1)
    assert (found.batches, found.mean) == (12, pytest.approx(batches.mean()))
    assert found.p_value == pytest.approx(stats.ttest_1samp(batches, 0.0, alternative="greater").pvalue)


def test_it_says_nothing_of_few_batches_or_without_variance() -> None:
    draw = np.random.default_rng(2).normal(5.0, 1.0, size=LEAST + 1).tolist()
    assert math.isnan(folded(draw[:LEAST]).p_value)  # seven, and one that is open
    assert folded(draw).p_value < 0.001
    assert math.isnan(folded([1.0] * 20).p_value)


def test_a_late_value_counts_with_the_newest_bar() -> None:
    means = BatchMeans()
    for bar in (1, 2, 1, 3):
        means.update(float(bar), bar, 1)
    assert (means.batches, means.mean) == (2, pytest.approx((1.0 + 1.5) / 2))


def test_rows_that_overlap_are_no_more_often_called_harm_than_asked_for() -> None:
    draw, called = np.random.default_rng(3), 0
    for _ in range(400):
        values = np.convolve(draw.normal(size=311), np.ones(12), "valid")
        called += folded(values.tolist(), length=24).p_value < 0.05
    assert called <= 34  # 20 expected, and three deviations; row by row it is some 130


def test_saved_and_restored_it_goes_on_alike() -> None:
    values = np.random.default_rng(4).normal(size=40).tolist()
    part = BatchMeans()
    for bar, value in enumerate(values):
        part.update(value, bar, 2)
        part = BatchMeans.restored(msgpack.unpackb(msgpack.packb(part.state())))
    assert part.state() == folded(values, 2).state()
