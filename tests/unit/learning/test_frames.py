"""Windows of a frame never reach into another symbol, and a row without context has none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from clm.learning import frames
from clm.learning.frames import by_symbol, predict_rows, windows

FRAME = pd.DataFrame({"symbol": ["A", "A", "A", "B", "B"], "x": [1.0, 2.0, 3.0, 10.0, 20.0]})
EVERY = np.ones(5, bool)


@dataclass
class Summed:
    """Adds up its window."""

    input_size: int
    columns: tuple[str, ...] = ("x",)

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return rows.sum(axis=(1, 2)).astype(np.float64)


def test_a_window_stays_within_its_symbol() -> None:
    made, index = windows(FRAME, ["x"], 2, EVERY)
    assert made[:, :, 0].tolist() == [[1, 2], [2, 3], [10, 20]]
    assert index.tolist() == [1, 2, 4]
    assert made.dtype == np.float32


def test_only_masked_rows_have_windows_and_the_others_are_their_context() -> None:
    made, index = windows(FRAME, ["x"], 3, np.array([0, 0, 1, 0, 1], bool))
    assert made[:, :, 0].tolist() == [[1, 2, 3]]
    assert index.tolist() == [2]


def test_forecasts_stand_beside_their_rows_and_are_nan_without_context() -> None:
    mask = np.array([1, 0, 1, 1, 1], bool)
    np.testing.assert_array_equal(predict_rows(Summed(2), FRAME, mask), [np.nan, 5, np.nan, 30])


def test_forecasts_do_not_depend_on_how_many_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = predict_rows(Summed(2), FRAME, EVERY)
    monkeypatch.setattr(frames, "CHUNK_ROWS", 2)
    np.testing.assert_array_equal(predict_rows(Summed(2), FRAME, EVERY), whole)


def test_a_model_without_columns_takes_those_given() -> None:
    model = Summed(1, columns=())
    assert predict_rows(model, FRAME, EVERY, ["x"]).tolist() == FRAME["x"].tolist()


def test_nothing_masked_is_nothing_forecast() -> None:
    assert predict_rows(Summed(2), FRAME, ~EVERY).shape == (0,)


def test_symbols_are_where_they_stand() -> None:
    assert by_symbol(FRAME) == {"A": slice(0, 3), "B": slice(3, 5)}
    assert by_symbol(FRAME[["x"]]) == {"": slice(0, 5)}
    assert by_symbol(FRAME[:0]) == {}
