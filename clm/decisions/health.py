"""Health: how every live version of every model type does lately, per symbol and over all symbols."""

from __future__ import annotations

from typing import Any

from clm.decisions.join import Pair
from clm.decisions.window import Window
from clm.errors import MalformedEvent

ALL = "*"
"""Stands for all symbols together."""

MAX_WINDOWS = 10_000
"""Windows that are kept, those that matured last: anybody may publish predictions of any version."""

LARGEST = 2**62
"""Fixed-point errors must stay below it, so that every language can fold them in 64 bits."""


def check_range(exponent: int, *values: float) -> None:
    """Raises MalformedEvent for a value whose error could not be folded (NaN, infinite, too large)."""
    bound = LARGEST / 2 / 10**exponent
    for value in values:
        if not abs(value) < bound:
            raise MalformedEvent(f"value {value!r} is out of range: below {bound:.4g} in size")


class Health:
    """Folds pairs into windows per (model type, version, symbol).

    Parameters:
        size: pairs per window.
        exponent: errors are folded as integers of ``10**-exponent`` target units.
    """

    def __init__(self, size: int, exponent: int) -> None:
        self._size = size
        self._scale = 10**exponent
        self._windows: dict[tuple[str, str, str], Window] = {}  # the newest matured last

    def observe(self, pair: Pair) -> None:
        """Fold one pair into its symbol's window and the one of all symbols."""
        seen = pair.prediction
        for symbol in (seen.symbol, ALL):
            self._window(seen.model_type, seen.version, symbol).push(pair)

    def window(self, model_type: str, version: str, symbol: str = ALL) -> Window:
        """The window of a version, empty if nothing matured."""
        key = model_type, version, symbol
        return self._windows.get(key) or Window(self._size, self._scale)

    def symbols(self, model_type: str, version: str) -> list[str]:
        """The symbols that a version has matured pairs of."""
        return sorted(s for m, v, s in self._windows if (m, v) == (model_type, version) and s != ALL)

    def forget(self, model_type: str, keep: frozenset[str]) -> None:
        """Drop the windows of all versions of a model type but ``keep``."""
        self._windows = {
            key: window for key, window in self._windows.items() if key[0] != model_type or key[1] in keep
        }

    def _window(self, model_type: str, version: str, symbol: str) -> Window:
        key = model_type, version, symbol
        window = self._windows.pop(key, None) or Window(self._size, self._scale)
        self._windows[key] = window
        if len(self._windows) > MAX_WINDOWS:
            del self._windows[next(iter(self._windows))]
        return window

    def state(self) -> list[Any]:
        """Everything folded, as msgpack can carry it."""
        return [[*key, window.state()] for key, window in self._windows.items()]

    def restore(self, state: list[Any]) -> None:
        """Take up a saved state."""
        self._windows = {}
        for model_type, version, symbol, rows in state:
            self._window(model_type, version, symbol).restore(rows)
