"""Networks are trained on whole series that are long enough, in the library's own layout."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.errors import InsufficientData
from clm.learning.series import dataset, long_enough, without_gaps

NAN = math.nan


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_a_training_series_begins_with_its_first_known_value() -> None:
    assert without_gaps(f32(NAN, NAN, 1, NAN, 3)).tolist() == [1, 1, 3]
    assert len(without_gaps(f32(NAN, NAN))) == 0


def test_a_symbol_counts_by_its_known_rows() -> None:
    kept = long_enough("nhits", {"A": f32(1, 2, 3), "B": f32(NAN, 2, 3)}, need=3)
    assert list(kept) == ["A"]


def test_nothing_long_enough_names_need_and_longest() -> None:
    with pytest.raises(InsufficientData, match=r"nhits needs 4 rows .* at most 3"):
        long_enough("nhits", {"A": f32(1, 2, 3)}, need=4)


def test_the_library_sees_every_series_by_itself_and_fully_known() -> None:
    made = dataset([f32(1, 2, 3), f32(4, 5)])
    assert made.indptr.tolist() == [0, 3, 5]
    assert made.temporal.tolist() == [[1, 1], [2, 1], [3, 1], [4, 1], [5, 1]]
