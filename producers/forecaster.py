"""The forecaster: what a served version says of the newest rows, or naive where it says nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clm.errors import ClmError
from clm.model import NAIVE
from producers.faults import Faults
from producers.float32 import float32_bytes
from producers.served import MODEL_FAILURES, REMEDY, Served

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clm.learning.history import RowHistory


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to publish as a prediction."""

    version: str  # of the model that gave the value; naive where none could
    value: float  # target units


class Forecaster:
    """Keeps the newest rows of each symbol and forecasts from windows of them.

    Whatever is wrong with a row or a model is told to ``faults`` and never raised.

    Args:
        width: numbers in a row; 0: as in the first one.
        keep: rows kept per symbol.
        faults: where to say what went wrong.
    """

    def __init__(self, width: int, keep: int, faults: Faults) -> None:
        self._width, self._keep, self._faults = width, keep, faults
        self._history: RowHistory | None = None
        self._fallbacks: Counter[str] = Counter()

    @property
    def fallbacks(self) -> Mapping[str, int]:
        """How often naive stood in for a model: history ``short``, ``not finite``, ``failed``."""
        return dict(self._fallbacks)

    def observe(self, symbol: str, at: int, x: Any) -> None:
        """Keep a row; a second one of the same symbol and ``at`` (µs) is ignored."""
        try:
            import numpy as np

            row = np.frombuffer(float32_bytes(x), "<f4")
            self._rows(len(row)).add(symbol, at, row)
        except ModuleNotFoundError as error:
            self._faults.note("library", f"{error}; naive serves; {REMEDY}")
        except (ClmError, ArithmeticError, AttributeError, TypeError, ValueError) as error:
            self._faults.note("row", f"row of {symbol} at {at} was not kept: {error}")

    def forecasts(self, served: Served, at: int, naives: Mapping[str, float]) -> dict[str, Forecast]:
        """By symbol, from the rows up to ``at`` (µs), in one call of the model.

        Args:
            served: whose forecasts.
            at: close of the newest bar used, µs UTC.
            naives: symbol -> the naive forecast, target units.
        """
        found = {symbol: Forecast(NAIVE, float(naive)) for symbol, naive in naives.items()}
        if served.bundle is None or self._history is None:
            return found
        size = served.bundle.input_size
        windows = {each: self._history.window(each, at, size) for each in naives}
        ready = {each: window for each, window in windows.items() if window is not None}
        self._fallbacks["short"] += len(naives) - len(ready)
        values = self._values(served, list(ready.values()))
        for symbol, value in zip(ready, values, strict=True):
            if math.isfinite(value):
                found[symbol] = Forecast(served.version, value)
        return found

    def _rows(self, width: int) -> RowHistory:
        if self._history is None:
            from clm.learning.history import RowHistory

            self._history = RowHistory(self._width or width, self._keep)
        return self._history

    def _values(self, served: Served, windows: list[NDArray[np.float32]]) -> list[float]:
        """Forecasts of the windows, NaN where the model gave none."""
        import numpy as np

        if not windows:
            return []
        try:
            if len(windows) == 1:
                values = [served.one(windows[0])]
            else:
                values = [float(value) for value in served.predict(np.stack(windows))]
        except MODEL_FAILURES as error:
            self._fallbacks["failed"] += len(windows)
            self._faults.note("model", f"version {served.version} failed: {error}; naive serves")
            return [math.nan] * len(windows)
        self._faults.over("model")
        self._fallbacks["not finite"] += sum(not math.isfinite(value) for value in values)
        return values
