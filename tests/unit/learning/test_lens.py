"""A network sees standardised values of one column, and its output comes back in target units."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.learning.lens import Lens, filled, focus

NAN = math.nan


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_it_standardises_over_all_kept_symbols_alike() -> None:
    lens = focus(2, 1, {"A": f32(1, 3), "B": f32(5, 7)}, {"C"})
    assert (lens.mean, lens.std) == (4.0, math.sqrt(5.0))  # deviations -3, -1, 1, 3
    assert (lens.column, lens.step, lens.left_out) == (2, 1, ("C",))


def test_a_series_that_never_moves_is_only_shifted() -> None:
    lens = focus(0, 1, {"A": f32(5, 5)}, set())
    assert lens.inward(f32(5, 6)).tolist() == [0.0, 1.0]


def test_what_goes_in_comes_out() -> None:
    lens = Lens(column=0, mean=-5.0, std=0.5, step=1)
    assert lens.inward(f32(-4.0)).tolist() == [2.0]
    assert lens.outward(f32(2.0)).tolist() == [-4.0]


def test_its_facts_are_enough_to_make_it_again() -> None:
    lens = Lens(column=3, mean=0.1, std=0.3, step=2, left_out=("C",))
    assert Lens.restored(lens.facts()) == lens


def test_facts_of_something_else_are_refused() -> None:
    with pytest.raises((KeyError, TypeError)):
        Lens.restored({"column": 1})


def test_a_gap_repeats_the_value_before_it_and_never_a_later_one() -> None:
    rows = np.stack([f32(1, NAN, NAN, 4), f32(NAN, 2, NAN, 3)])
    np.testing.assert_array_equal(filled(rows), [[1, 1, 1, 4], [NAN, 2, 2, 3]])
