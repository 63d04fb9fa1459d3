"""Points: the (symbol, bar) pairs whose outcome matured since each model type's newest training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clm.decisions.layout import FREE, POINT

FIRST_ROOM = 1024


class Points:
    """Open tables of points, one per model type, and the numbers of the symbols in them.

    Parameters:
        models: how many model types.
    """

    def __init__(self, models: int) -> None:
        self.table = _free(models, FIRST_ROOM)
        self._symbols: dict[str, int] = {}

    def symbol(self, name: str) -> int:
        """The number of a symbol."""
        return self._symbols.setdefault(name, len(self._symbols))

    def rows(self, model: int) -> np.ndarray[Any, np.dtype[np.void]]:
        """POINT (points,) of a model type, in the order of symbol and bar."""
        table = self.table[model]
        return np.sort(table[table["at"] != FREE], order=("symbol", "at"))

    def widen(self) -> None:
        """Double the room."""
        self._refill([table[table["at"] != FREE] for table in self.table], 2 * self.table.shape[1])

    def drop(self, model: int, until: int) -> int:
        """Forget the bars up to a moment (µs); how many are left."""
        from clm.decisions.compiled.flow import enter_points

        table = self.table[model]
        kept = table[table["at"] > until]  # a free place is earlier than any bar
        table["at"] = FREE
        enter_points(table, kept)
        return len(kept)

    def _refill(self, rows: Sequence[np.ndarray[Any, np.dtype[np.void]]], room: int) -> None:
        from clm.decisions.compiled.flow import enter_points

        self.table = _free(len(rows), room)
        for model, own in enumerate(rows):
            enter_points(self.table[model], own)

    def state(self) -> dict[str, Any]:
        """Everything, as msgpack can carry it."""
        return {
            "symbols": list(self._symbols),
            "rows": [self.rows(model).tobytes() for model in range(len(self.table))],
        }

    def restore(self, state: dict[str, Any], order: Sequence[int | None]) -> list[int]:
        """Take up a saved state; how many points each model type has.

        Parameters:
            order: of each model type, where the saved ones have it; None: nowhere.
        """
        self._symbols = {name: code for code, name in enumerate(state["symbols"])}
        none = np.zeros(0, POINT)
        rows = [none if at is None else np.frombuffer(state["rows"][at], POINT) for at in order]
        room = FIRST_ROOM
        while room <= 2 * max(map(len, rows), default=0):
            room *= 2
        self._refill(rows, room)
        return [len(own) for own in rows]


def _free(models: int, room: int) -> np.ndarray[Any, np.dtype[np.void]]:
    table = np.zeros((models, room), POINT)
    table["at"] = FREE
    return table
