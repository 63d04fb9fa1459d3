"""The newest input rows of each symbol, from which windows are cut: for the trader, the shadow, the replay."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RowHistory:
    """Rows of float32 by symbol and moment.

    Parameters:
        width: numbers in a row.
        keep: newest rows kept per symbol.
    """

    def __init__(self, width: int, keep: int = 4096) -> None:
        self._width, self._keep = width, keep
        self._rows: dict[str, dict[int, NDArray[np.float32]]] = {}
        self._times: dict[str, list[int]] = {}

    def add(self, symbol: str, at: int, x: Any) -> None:
        """Keep a row (width,); a second one of the same symbol and moment (µs) is ignored.

        Raises:
            ValueError: the row has another width.
        """
        rows, times = self._rows.setdefault(symbol, {}), self._times.setdefault(symbol, [])
        if at in rows:
            return
        row = np.asarray(x, dtype=np.float32)
        if row.shape != (self._width,):
            raise ValueError(f"row of {symbol} at {at} has shape {row.shape}, not ({self._width},)")
        rows[at] = row
        insort(times, at)
        if len(times) > self._keep:
            del rows[times.pop(0)]

    def window(self, symbol: str, at: int, size: int) -> NDArray[np.float32] | None:
        """The ``size`` rows up to a moment, (size, width); None if there are fewer or none at it."""
        rows = self._rows.get(symbol)
        if rows is None or at not in rows:
            return None
        times = self._times[symbol]
        end = bisect_left(times, at) + 1
        if end < size:
            return None
        return np.stack([rows[each] for each in times[end - size : end]])

    def __contains__(self, key: tuple[str, int]) -> bool:
        return key[1] in self._rows.get(key[0], ())
