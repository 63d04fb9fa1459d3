"""The newest input rows of each symbol, for windows of them; serves the trader, the shadow and the replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = -(2**63)
"""Before every time."""

FIRST_ROOM = 64
"""Rows that a symbol has room for at first."""


class RowHistory:
    """Keeps at least the newest ``keep`` rows of each symbol, in the order of their bars.

    A row that is not newer than its symbol's newest is ignored: what a window holds then depends only on
    the order of the rows, never on how far somebody has read ahead.

    Parameters:
        columns: numbers in a row.
        keep: rows per symbol, the longest window there is.
    """

    def __init__(self, columns: int, keep: int = 4096) -> None:
        self.columns, self.keep = columns, keep
        self._symbols: dict[str, _Rows] = {}

    def add(self, symbol: str, at: int, x: Any) -> bool:
        """Keep a row (columns,) of the bar that closed ``at`` (µs); False if it is not newer.

        Raises:
            ValueError: it has another number of columns.
        """
        row = np.asarray(x, dtype=np.float32)
        if row.shape != (self.columns,):
            raise ValueError(f"row of {symbol} at {at} has shape {row.shape}, not ({self.columns},)")
        rows = self._symbols.get(symbol)
        if rows is None:
            rows = self._symbols[symbol] = _Rows(self.columns, self.keep)
        return rows.add(at, row)

    def window(self, symbol: str, at: int, size: int) -> NDArray[np.float32] | None:
        """The ``size`` rows up to the one at ``at`` (µs), a copy (size, columns), newest last.

        None if there is no row of that bar, or fewer before it.
        """
        rows = self._symbols.get(symbol)
        return None if rows is None else rows.window(at, size)

    def look(self, symbol: str, at: int, size: int) -> NDArray[np.float32] | None:
        """The same without a copy: only until the next row is added."""
        rows = self._symbols.get(symbol)
        return None if rows is None else rows.look(at, size)

    def block(
        self, symbol: str, ats: Sequence[int], size: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """The windows up to several bars of a symbol, found together.

        Returns:
            Which bars (n,) have a window, and the windows (found, size, columns): of successive bars a view,
            only until the next row is added.
        """
        rows = self._symbols.get(symbol)
        if rows is None:
            return np.zeros(len(ats), dtype=bool), np.zeros((0, size, self.columns), np.float32)
        return rows.block(np.asarray(ats, np.int64), size)

    def __contains__(self, key: tuple[str, int]) -> bool:
        """Whether the row of a (symbol, ``at`` in µs) is kept."""
        return self.window(*key, 1) is not None


class _Rows:
    """One symbol's rows, at the end of an array that is moved together when it is full."""

    def __init__(self, columns: int, keep: int) -> None:
        self._keep, self._end = keep, 0
        self._newest = NOTHING  # at of the newest row, µs
        self._at = np.zeros(FIRST_ROOM, np.int64)
        self._x = np.zeros((FIRST_ROOM, columns), np.float32)

    def add(self, at: int, row: NDArray[np.float32]) -> bool:
        if at <= self._newest:
            return False
        if self._end == len(self._at):
            self._make_room()
        self._at[self._end], self._x[self._end] = at, row
        self._end, self._newest = self._end + 1, at
        return True

    def window(self, at: int, size: int) -> NDArray[np.float32] | None:
        seen = self.look(at, size)
        return None if seen is None else seen.copy()

    def look(self, at: int, size: int) -> NDArray[np.float32] | None:
        end = self._end
        if at != self._newest:
            last = int(np.searchsorted(self._at[:end], at))
            if last == end or self._at[last] != at:
                return None
            end = last + 1
        return self._x[end - size : end] if size <= end else None

    def block(self, ats: NDArray[np.int64], size: int) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        known = self._at[: self._end]
        last = np.searchsorted(known, ats)
        found = (last >= size - 1) & (last < self._end)
        found[found] = known[last[found]] == ats[found]
        first = last[found] - (size - 1)
        if len(first) == 0:
            return found, np.zeros((0, size, self._x.shape[1]), np.float32)
        every = sliding_window_view(self._x[: self._end], size, axis=0).transpose(0, 2, 1)
        if (np.diff(first) == 1).all():
            return found, every[first[0] : first[0] + len(first)]
        return found, every[first]

    def _make_room(self) -> None:
        """Drop what is older than ``keep`` rows, then double the room while less than half is free."""
        begin = max(0, self._end - self._keep)
        at, x = self._at[begin : self._end], self._x[begin : self._end]
        room = max(2 * len(at), FIRST_ROOM)
        self._at, self._x = np.zeros(room, np.int64), np.zeros((room, x.shape[1]), np.float32)
        self._at[: len(at)], self._x[: len(x)] = at, x
        self._end = len(at)
