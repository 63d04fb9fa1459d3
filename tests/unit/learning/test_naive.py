"""The naive model repeats the naive feature of the newest row."""

from __future__ import annotations

import numpy as np
import pytest

from clm.errors import MissingFeatures
from clm.learning.naive import NaiveModel


def test_it_says_what_the_naive_feature_says() -> None:
    windows = np.array([[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]], np.float32)
    assert NaiveModel(("a", "naive_now", "b")).predict(windows).tolist() == [2.0, 5.0]


def test_rows_without_that_feature_are_refused() -> None:
    with pytest.raises(MissingFeatures, match=r"naive_now.*a, b"):
        NaiveModel(("a", "b"))
