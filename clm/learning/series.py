"""The series that networks are trained on: whole, long enough, and as the library wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import InsufficientData
from clm.learning.lens import filled
from clm.learning.libraries import load
from clm.learning.session import EXTRA

if TYPE_CHECKING:
    from numpy.typing import NDArray


def without_gaps(series: NDArray[np.float32]) -> NDArray[np.float32]:
    """A series (rows,) from its first known value on, gaps filled."""
    whole = filled(series)
    return whole[~np.isnan(whole)]


def long_enough(
    model_type: str, series: Mapping[str, NDArray[np.float32]], need: int
) -> dict[str, NDArray[np.float32]]:
    """The symbols whose series has ``need`` rows, without gaps.

    Raises:
        InsufficientData: there is none; the message names what the longest has.
    """
    gapless = {symbol: without_gaps(rows) for symbol, rows in series.items()}
    kept = {symbol: rows for symbol, rows in gapless.items() if len(rows) >= need}
    if not kept:
        most = max(map(len, gapless.values()), default=0)
        raise InsufficientData(
            f"{model_type} needs {need} rows of one symbol (input_size + h) and has at most {most}: "
            "lengthen training_lookback_days or shorten input_size"
        )
    return kept


def dataset(series: list[NDArray[np.float32]]) -> Any:
    """Neuralforecast's dataset of some standardised series."""
    pandas, tsdataset = load("pandas", EXTRA), load("neuralforecast.tsdataset", EXTRA)
    values = np.concatenate(series)
    return tsdataset.TimeSeriesDataset(
        temporal=np.column_stack([values, np.ones_like(values)]),
        temporal_cols=pandas.Index(["y", "available_mask"]),
        indptr=np.cumsum([0, *map(len, series)]).astype(np.int32),
        y_idx=0,
    )
