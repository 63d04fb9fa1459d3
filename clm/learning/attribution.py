"""Attribution: how much of a forecast each value that a model saw accounts for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def over_naive(
    parts: NDArray[np.float64], windows: NDArray[np.float32], column: int, kept: float
) -> NDArray[np.float64]:
    """The parts of a forecast that keeps only a share of what it says beyond the naive forecast.

    What is not kept is naive's own, told against its mean over the windows.

    Parameters:
        parts: (n, input_size, columns) of what is kept, target units.
        windows: (n, input_size, columns).
        column: where the naive forecast stands in a row.
        kept: 0 to 1.
    """
    naive = windows[:, -1, column].astype(np.float64)
    told = parts.copy()
    told[:, -1, column] += (1 - kept) * np.nan_to_num(naive - np.nanmean(naive))
    return told


def summary(parts: NDArray[np.float64], columns: tuple[str, ...]) -> dict[str, Any]:
    """What the parts (n, input_size, columns) say over all rows, as plain values.

    Returns:
        ``features``: of each column with any part its ``name``, ``mean_abs`` (mean over the rows of the size
        of its whole part, target units), ``mean`` (the same with its sign) and ``share`` (of all sizes,
        fraction), the largest first; ``lags``: where windows have several rows, the mean size by bars back,
        from 0.
    """
    by_column = parts.sum(axis=1)
    size, mean = np.abs(by_column).mean(axis=0), by_column.mean(axis=0)
    whole = float(size.sum()) or 1.0
    order = [int(each) for each in np.argsort(-size, kind="stable") if size[each] > 0]
    features: list[Mapping[str, Any]] = [
        {
            "name": columns[each],
            "mean_abs": float(size[each]),
            "mean": float(mean[each]),
            "share": float(size[each]) / whole,
        }
        for each in order
    ]
    by_lag = np.abs(parts.sum(axis=2)).mean(axis=0)[::-1]
    lags = [float(each) for each in by_lag] if len(by_lag) > 1 else []
    return {"features": features, "lags": lags}
