"""Health: how every live version of every model type does lately."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from clm.decisions.join import Pair
from clm.decisions.layout import PAIR, WAIT, WINDOW, HealthArrays
from clm.decisions.window import Window
from clm.errors import MalformedEvent

MAX_WINDOWS = 512
"""Windows that are kept, those that matured last: anybody may publish predictions of any version."""

SINCE = ("count", "loss", "plain")
"""The fields of WINDOW that ``take`` takes off."""

LARGEST = 2**50
"""Fixed-point errors stay below it, so that ``clm.policy.MAX_WINDOW_PAIRS`` of them add up in 64 bits."""


def largest(exponent: int) -> float:
    """The size that a value must stay below for its errors to be folded, target units."""
    return float(LARGEST / 2 / 10**exponent)


def out_of_range(value: float, exponent: int) -> MalformedEvent:
    """What to say of a value whose error cannot be folded (NaN, infinite, too large)."""
    return MalformedEvent(
        f"value {value!r} is out of range: below {largest(exponent):.4g} in size; for larger ones lower the "
        "scope's exponent"
    )


class Health:
    """Folds pairs into a window per (model type, version).

    Parameters:
        size: pairs per window.
        exponent: errors are folded as integers of ``10**-exponent`` target units.
    """

    def __init__(self, size: int, exponent: int) -> None:
        self._size, self.scale = size, 10**exponent
        self.arrays = _arrays(4, size)
        self.index: dict[tuple[str, str], int] = {}  # (model type, version) -> window
        self._free: list[int] = []
        self._stamp = 0

    def observe(self, pair: Pair) -> None:
        """Fold one pair."""
        from clm.decisions.compiled.flow import observe

        seen = pair.prediction
        row = np.zeros(1, WAIT)
        row["value"], row["naive"] = seen.value, seen.naive
        place = self.begin(seen.model_type, seen.version)
        self._stamp += 1
        observe(self.arrays, place, row, pair.outcome, float(self.scale), self._stamp)

    def window(self, model_type: str, version: str) -> Window:
        """The window of a version, empty if nothing matured."""
        place = self.index.get((model_type, version))
        if place is None:
            return Window(self._size, self.scale)
        error, naive, told, right, pairs, *_ = self.arrays.windows[place].tolist()
        return Window(self._size, self.scale, pairs, error, naive, told, right)

    def begin(self, model_type: str, version: str) -> int:
        """The place of a version's window, a new one if it has none; the oldest makes room."""
        place = self.index.get((model_type, version))
        if place is None:
            if len(self.index) >= MAX_WINDOWS:
                self._close(min(self.index, key=lambda key: int(self._row(key)["touched"])))
            place = self.index[model_type, version] = self._place()
        return place

    def since(self, model_type: str, version: str) -> tuple[int, float, float]:
        """Pairs of a version since ``take``, their loss and that of naive: sums of absolute errors."""
        place = self.index.get((model_type, version))
        if place is None:
            return 0, 0.0, 0.0
        row = self.arrays.windows[place]
        return int(row["count"]), float(row["loss"]) / self.scale, float(row["plain"]) / self.scale

    def take(self, model_type: str | None = None) -> Iterator[tuple[str, str, tuple[int, float, float]]]:
        """Model type, version and what it did ``since`` the last time, of those that did anything.

        Parameters:
            model_type: one only; None: all.
        """
        for key, place in sorted(self.index.items()):
            row = self.arrays.windows[place]
            if row["count"] and model_type in (None, key[0]):
                yield *key, self.since(*key)
                row["count"], row["loss"], row["plain"] = 0, 0.0, 0.0

    def forget(self, model_type: str, keep: frozenset[str]) -> None:
        """Drop the windows of all versions of a model type but ``keep``."""
        for key in [key for key in self.index if key[0] == model_type and key[1] not in keep]:
            self._close(key)

    def _row(self, key: tuple[str, str]) -> np.void:
        row: np.void = self.arrays.windows[self.index[key]]
        return row

    def _close(self, key: tuple[str, str]) -> None:
        place = self.index.pop(key)
        self.arrays.windows[place], self.arrays.pairs[place] = 0, 0
        self._free.append(place)

    def _place(self) -> int:
        if self._free:
            return self._free.pop()
        place = len(self.index)
        if place == len(self.arrays.windows):
            old, self.arrays = self.arrays, _arrays(2 * place, self._size)
            self.arrays.windows[:place], self.arrays.pairs[:place] = old.windows, old.pairs
        return place

    def state(self) -> list[Any]:
        """Everything folded, as msgpack can carry it; what matured last at the end."""
        keys = sorted(self.index, key=lambda key: int(self._row(key)["touched"]))
        return [[*key, self._rows(key).tobytes(), self._row(key)[list(SINCE)].tolist()] for key in keys]

    def _rows(self, key: tuple[str, str]) -> np.ndarray[Any, np.dtype[np.void]]:
        """PAIR (pairs,), oldest first."""
        row, rows = self._row(key), self.arrays.pairs[self.index[key]]
        count, after = int(row["pairs"]), int(row["next"])
        newest: np.ndarray[Any, np.dtype[np.void]] = np.roll(rows, -after)[self._size - count :]
        return newest

    def restore(self, state: list[Any]) -> None:
        """Take up saved windows, the newest ``size`` pairs of each."""
        self.arrays, self.index, self._free = _arrays(4, self._size), {}, []
        for stamp, (model_type, version, saved, since) in enumerate(state, 1):
            place = self.begin(model_type, version)
            rows = np.frombuffer(saved, PAIR)[-self._size :]
            self.arrays.pairs[place][: len(rows)] = rows
            sums = [int(rows[name].sum()) for name in ("error", "naive", "told", "right")]
            self.arrays.windows[place] = (*sums, len(rows), len(rows) % self._size, stamp, *since)
        self._stamp = len(state)


def _arrays(windows: int, size: int) -> HealthArrays:
    return HealthArrays(np.zeros(windows, WINDOW), np.zeros((windows, size), PAIR))
