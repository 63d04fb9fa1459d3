"""Points: the (symbol, bar) pairs whose outcome matured since each model type's newest training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clm.decisions.layout import FREE, POINT, SHELF

FIRST_SYMBOLS = 8
FIRST_ROOM = 24
"""Bars that a shelf has room for at first; a little more than doubled as they come: where powers of two lie
between the ends of shelves, a processor's cache holds only a few of them."""


class Points:
    """The bars of each model type and symbol in the order of time, and the numbers of the symbols.

    Bars mostly come in that order, so that one more is written behind the last, and told from it alone.

    Parameters:
        models: how many model types.
    """

    def __init__(self, models: int) -> None:
        self._symbols: dict[str, int] = {}
        self.shelves = _empty(FIRST_SYMBOLS, models)
        self.bars: NDArray[np.int64] = np.zeros(0, np.int64)
        self._end = 0  # of the bars that a shelf has room for

    def shelf(self, model: int, symbol: str) -> int:
        """Where the bars of a model type and a symbol are: in ``shelves``, counted through."""
        number = self._symbols.setdefault(symbol, len(self._symbols))
        known, models = len(self.shelves), int(self.shelves.shape[1])
        if number >= known:
            self.shelves = np.concatenate([self.shelves, _empty(known, models)])
        return number * models + model

    def rows(self, model: int) -> np.ndarray[Any, np.dtype[np.void]]:
        """POINT (points,) of a model type, in the order of symbol and bar."""
        counts = self.shelves["count"][:, model]
        rows = np.zeros(int(counts.sum()), POINT)
        rows["symbol"] = np.repeat(np.arange(len(counts)), counts)
        if len(rows):
            rows["at"] = np.concatenate([self._bars(shelf) for shelf in self.shelves[:, model]])
        return rows

    def widen(self, place: int) -> None:
        """Make room on a shelf: its bars move behind all others, and where they were nothing lies again."""
        shelf = self.shelves.reshape(-1)[place]
        own, room = self._bars(shelf), 2 * int(shelf["room"]) + FIRST_ROOM
        if self._end + room > len(self.bars):
            self.bars = np.concatenate([self.bars, np.zeros(len(self.bars) + room, np.int64)])
        self.bars[self._end : self._end + len(own)] = own
        shelf["begin"], shelf["room"] = self._end, room
        self._end += room

    def drop(self, model: int, until: int) -> int:
        """Forget the bars up to a moment (µs); how many are left."""
        from clm.decisions.compiled.flow import drop_bars

        return int(drop_bars(self.shelves, model, self.bars, until))

    def _bars(self, shelf: np.void) -> NDArray[np.int64]:
        begin = int(shelf["begin"])
        return self.bars[begin : begin + int(shelf["count"])]

    def state(self) -> dict[str, Any]:
        """Everything, as msgpack can carry it."""
        return {
            "symbols": list(self._symbols),
            "rows": [self.rows(model).tobytes() for model in range(self.shelves.shape[1])],
        }

    def restore(self, state: dict[str, Any], order: Sequence[int | None]) -> list[int]:
        """Take up a saved state; how many points each model type has.

        Parameters:
            order: of each model type, where the saved ones have it; None: nowhere.
        """
        self.__init__(self.shelves.shape[1])  # type: ignore[misc]
        for name in state["symbols"]:
            self.shelf(0, name)
        saved = [b"" if at is None else state["rows"][at] for at in order]
        return [self._take(model, np.frombuffer(rows, POINT)) for model, rows in enumerate(saved)]

    def _take(self, model: int, rows: np.ndarray[Any, np.dtype[np.void]]) -> int:
        """Lay out the points of a model type, which are in the order of symbol and bar."""
        counts = np.bincount(rows["symbol"], minlength=len(self.shelves))
        begins = self._end + np.cumsum(counts) - counts
        shelves = self.shelves[:, model]
        shelves["begin"], shelves["count"], shelves["room"] = begins, counts, counts
        held = counts > 0
        shelves["newest"][held] = rows["at"][np.cumsum(counts)[held] - 1]
        self.bars = np.concatenate([self.bars[: self._end], rows["at"]])
        self._end += len(rows)
        return len(rows)


def _empty(symbols: int, models: int) -> np.ndarray[Any, np.dtype[np.void]]:
    shelves = np.zeros((symbols, models), SHELF)
    shelves["newest"] = FREE
    return shelves
