"""The naive forecast as a model: what serves until something better exists, and after the last rollback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clm.errors import MissingFeatures
from clm.learning.features import NAIVE_NOW

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class NaiveModel:
    """Repeats the feature that carries the naive forecast.

    Parameters:
        columns: of the input rows.

    Raises:
        MissingFeatures: they lack ``naive_now``.
    """

    input_size = 1

    def __init__(self, columns: Sequence[str]) -> None:
        if NAIVE_NOW not in columns:
            raise MissingFeatures(
                f"the naive model needs the column {NAIVE_NOW}; the rows have {', '.join(columns)}"
            )
        self.columns = tuple(columns)
        self._index = self.columns.index(NAIVE_NOW)

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units, as exact as float32 rows carry them."""
        return windows[:, -1, self._index].astype("f8")
