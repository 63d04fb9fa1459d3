"""A line finds what is linear, extrapolates nothing, and says the same in any company."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from clm.learning.line import Line

CHANCE = np.random.default_rng(1)
X = CHANCE.normal([0, 5, -3], [1, 10, 0.1], size=(2_000, 3)).astype(np.float32)
Y = 4.0 + 0.5 * X[:, 0] - 0.02 * X[:, 1] + 3.0 * X[:, 2]


def test_it_is_the_line_that_the_rows_lie_on() -> None:
    assert Line.of(X, Y).said(X) == pytest.approx(Y, abs=0.01)


def test_it_agrees_with_ridge_regression_in_closed_form() -> None:
    noisy = Y + CHANCE.normal(size=len(Y))
    z = (X - X.mean(axis=0, dtype=float)) / X.std(axis=0, dtype=float)
    gram = z.T @ z + 0.001 * len(z) * np.eye(3)
    expected = z @ np.linalg.solve(gram, z.T @ (noisy - noisy.mean())) + noisy.mean()
    assert Line.of(X, noisy).said(X) == pytest.approx(expected, abs=1e-6)


def test_nothing_is_extrapolated() -> None:
    line, beyond = Line.of(X, Y), np.array([[1e6, -1e6, 1e6]], np.float32)
    edge = np.array([[X[:, 0].max(), X[:, 1].min(), X[:, 2].max()]], np.float32)
    assert line.said(beyond) == line.said(edge)


def test_an_unknown_feature_counts_as_its_mean() -> None:
    holed = X.copy()
    holed[::3, 0] = np.nan
    line = Line.of(holed, Y)
    row = np.array([[np.nan, 5, -3], [line.means[0], 5, -3]], np.float32)
    said = line.said(row)
    assert said[0] == pytest.approx(said[1], abs=1e-6)
    assert np.isfinite(line.said(np.full((1, 3), np.nan, np.float32))).all()


def test_constant_and_unknown_features_have_no_weight() -> None:
    x = np.column_stack([X, np.full(len(X), 0.1), np.full(len(X), np.nan)]).astype(np.float32)
    assert Line.of(x, Y).weights[3:] == (0.0, 0.0)


def test_a_row_has_the_same_bits_alone_and_among_others() -> None:
    wide = CHANCE.normal(size=(200, 31)).astype(np.float32)
    line = Line.of(wide, wide @ np.arange(31.0))
    whole = line.said(wide)
    for size in (1, 2, 3, 7, 64):
        parts = [line.said(wide[k : k + size]) for k in range(0, len(wide), size)]
        assert np.array_equal(np.concatenate(parts), whole)


def test_its_bits_do_not_depend_on_the_threads_of_the_linear_algebra() -> None:
    code = """
import numpy as np
from clm.learning.line import Line
x = np.random.default_rng(1).normal(size=(20_000, 31)).astype(np.float32)
print(Line.of(x, x @ np.arange(31.0)).weights)
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "OMP_NUM_THREADS": n, "OPENBLAS_NUM_THREADS": n},
            capture_output=True,
            check=True,
        ).stdout
        for n in ("1", "4")
    ]
    assert said[0] == said[1]


def test_it_comes_back_from_its_facts() -> None:
    line = Line.of(X, Y)
    assert Line.restored(line.facts()) == line
