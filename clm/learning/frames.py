"""Frames as models see them: windows of successive rows, and forecasts for the rows of a frame."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.learning.grouped import routed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

CHUNK_ROWS = 65_536
"""Rows of all windows that are held in memory at once."""


def by_symbol(frame: pd.DataFrame) -> dict[str, slice]:
    """Where each symbol's rows stand in a frame that is sorted by symbol.

    A frame without that column is one nameless symbol.
    """
    if "symbol" not in frame.columns:
        return {"": slice(0, len(frame))}
    symbols = frame["symbol"].astype(str).to_numpy(dtype=object)
    begins = np.flatnonzero(np.r_[True, symbols[1:] != symbols[:-1]]) if len(symbols) else np.array([], int)
    ends = np.r_[begins[1:], len(symbols)] if len(begins) else begins
    return {str(symbols[b]): slice(int(b), int(e)) for b, e in zip(begins, ends, strict=True)}


def windows(
    frame: pd.DataFrame, columns: Sequence[str], input_size: int, mask: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The windows that end in the masked rows.

    Parameters:
        frame: sorted by symbol, then time; rows that are not masked serve as context.
        input_size: rows of a window.
        mask: (rows,).

    Returns:
        Windows (n, input_size, columns) and the positions (n,) of their last rows in the frame; a masked
        row with fewer rows of its symbol before it has none.
    """
    index = with_context(frame, input_size, mask)
    return _gathered(_matrix(frame, columns), index, input_size), index


def predict_rows(
    model: Any, frame: pd.DataFrame, mask: Any, columns: Sequence[str] = ()
) -> NDArray[np.float64]:
    """A model's forecasts of the masked rows (n,), target units; NaN where a row lacks context.

    Parameters:
        model: a bundle, or anything with ``input_size`` and ``predict``.
        frame: sorted by symbol, then time; rows that are not masked serve as context.
        mask: (rows,).
        columns: of a model that does not name its own.
    """
    names = getattr(model, "columns", None) or columns
    size, chosen = int(model.input_size), np.asarray(mask, dtype=bool)
    index, x = with_context(frame, size, chosen), _matrix(frame, names)
    values, step = np.full(len(frame), np.nan), max(1, CHUNK_ROWS // size)
    for begin in range(0, len(index), step):
        part = index[begin : begin + step]
        seen = _gathered(x, part, size)
        for asked, own in routed(model, partial(symbols_at, frame, part)):
            values[part[own]] = asked.predict(seen[own][:, -int(asked.input_size) :])
    masked: NDArray[np.float64] = values[chosen]
    return masked


def symbols_at(frame: pd.DataFrame, places: NDArray[np.int64]) -> NDArray[Any]:
    """The symbols of some rows, one without a name where the frame names none."""
    if "symbol" not in frame.columns:
        return np.full(len(places), "", dtype=object)
    return frame["symbol"].to_numpy(dtype=object)[places]


def with_context(frame: pd.DataFrame, input_size: int, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The positions of the masked rows that have ``input_size - 1`` rows of their symbol before them."""
    full = np.zeros(len(frame), dtype=bool)
    for part in by_symbol(frame).values():
        full[part.start + input_size - 1 : part.stop] = True
    found: NDArray[np.int64] = np.flatnonzero(full & mask)
    return found


def thinned(mask: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """At most so many of the masked rows, evenly spread.

    >>> thinned(np.array([False, True, True, True]), 2).tolist()
    [False, True, False, True]
    """
    chosen = np.flatnonzero(mask)
    if len(chosen) <= most:
        return mask
    thin = np.zeros(len(mask), dtype=bool)
    thin[chosen[np.linspace(0, len(chosen) - 1, most).astype(np.int64)]] = True
    return thin


def _matrix(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float32]:
    return np.ascontiguousarray(frame[list(columns)].to_numpy(dtype=np.float32))


def _gathered(x: NDArray[np.float32], index: NDArray[np.int64], input_size: int) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = x[index[:, None] + np.arange(1 - input_size, 1)]
    return rows
