"""Windows over a training frame: what a model sees at each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def predict_rows(model: Any, frame: pd.DataFrame, columns: Sequence[str], mask: Any) -> NDArray[np.float64]:
    """A model's forecasts for the masked rows of a frame sorted by symbol and time.

    Parameters:
        model: with ``input_size`` and ``predict``.
        mask: bool (rows,), the rows to forecast; others serve as their history.

    Returns (masked rows,), NaN where a symbol has fewer rows of history than the model looks at.
    """
    x = np.ascontiguousarray(frame[list(columns)].to_numpy(dtype=np.float32))
    size, rows = int(model.input_size), np.flatnonzero(mask)
    values = np.full(len(rows), np.nan)
    _, starts = np.unique(frame["symbol"].to_numpy(dtype=str), return_index=True)
    begin = np.sort(starts)[np.searchsorted(np.sort(starts), rows, side="right") - 1]
    ready = rows - begin + 1 >= size
    if ready.any():
        offsets = np.arange(1 - size, 1)
        values[ready] = model.predict(x[rows[ready][:, None] + offsets])
    return values
