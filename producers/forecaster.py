"""The forecaster: what a served version says of the newest rows, or naive where it says nothing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from clm.errors import ClmError
from clm.model import NAIVE
from producers.faults import Faults
from producers.float32 import WIRE, float32_bytes
from producers.served import MODEL_FAILURES, REMEDY, Served

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clm.learning.history import RowHistory


class Forecast(NamedTuple):
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
        self._wire: object = self  # numpy's type of a row's numbers, once numpy is here
        self._failing = False  # whether the newest call of a model raised
        self._aged = False  # whether the newest model that was asked is too old
        self._fallbacks: Counter[str] = Counter()

    @property
    def fallbacks(self) -> Mapping[str, int]:
        """How often naive stood in for a model: ``short``, ``not finite``, ``failed``, ``expired``."""
        return dict(self._fallbacks)

    def observe(self, symbol: str, at: int, x: Any) -> None:
        """Keep a row; a second one of the same symbol and ``at`` (µs) is ignored."""
        try:
            if getattr(x, "dtype", None) is not self._wire:
                import numpy as np

                x, self._wire = np.frombuffer(float32_bytes(x), WIRE), np.dtype(WIRE)
            (self._history or self._rows(len(x))).add(symbol, at, x)
        except ModuleNotFoundError as error:
            self._faults.note("library", f"{error}; naive serves; {REMEDY}")
        except (ClmError, ArithmeticError, AttributeError, TypeError, ValueError) as error:
            self._faults.note("row", f"row of {symbol} at {at} was not kept: {error}")

    def forecast(self, served: Served, symbol: str, at: int, naive: float) -> Forecast:
        """Of one symbol, from the rows up to ``at`` (µs).

        Args:
            served: whose forecast.
            symbol: what to forecast.
            at: close of the newest bar used, µs UTC.
            naive: the naive forecast, target units.
        """
        if served.bundle is None or self._history is None or self._expired(served, at):
            return Forecast(NAIVE, float(naive))
        if served.grouped:
            served = served.of(symbol)
        window = self._history.look(symbol, at, served.input_size)
        if window is None:
            self._fallbacks["short"] += 1
            return Forecast(NAIVE, float(naive))
        try:
            value = served.one(window)
        except MODEL_FAILURES as error:
            self._failed(served, error, 1)
            return Forecast(NAIVE, float(naive))
        if self._failing:
            self._over()
        if value - value == 0.0:  # neither infinite nor NaN
            return Forecast(served.version, value)
        self._fallbacks["not finite"] += 1
        return Forecast(NAIVE, float(naive))

    def forecasts(self, served: Served, at: int, naives: Mapping[str, float]) -> dict[str, Forecast]:
        """By symbol, from the rows up to ``at`` (µs), in one call of the model.

        Args:
            served: whose forecasts.
            at: close of the newest bar used, µs UTC.
            naives: symbol -> the naive forecast, target units.
        """
        if served.grouped:
            return self._by_group(served, at, naives)
        found = {symbol: Forecast(NAIVE, float(naive)) for symbol, naive in naives.items()}
        if served.bundle is None or self._history is None or self._expired(served, at):
            return found
        size = served.input_size
        windows = {each: self._history.look(each, at, size) for each in naives}
        ready = {each: window for each, window in windows.items() if window is not None}
        self._fallbacks["short"] += len(naives) - len(ready)
        values = self._values(served, list(ready.values()))
        for symbol, value in zip(ready, values, strict=True):
            if math.isfinite(value):
                found[symbol] = Forecast(served.version, value)
        return found

    def _by_group(self, served: Served, at: int, naives: Mapping[str, float]) -> dict[str, Forecast]:
        """The same with one call for each group of symbols."""
        groups: dict[int, tuple[Served, dict[str, float]]] = {}
        for symbol, naive in naives.items():
            part = served.of(symbol)
            groups.setdefault(id(part), (part, {}))[1][symbol] = naive
        found: dict[str, Forecast] = {}
        for part, some in groups.values():
            found |= self.forecasts(part, at, some)
        return {symbol: found[symbol] for symbol in naives}

    def _rows(self, width: int) -> RowHistory:
        from clm.learning.history import RowHistory

        self._history = RowHistory(self._width or width, self._keep)
        return self._history

    def _expired(self, served: Served, at: int) -> bool:
        if at <= served.expires_at:
            if self._aged:
                self._aged = False
                self._faults.over("expired")
            return False
        self._aged = True
        self._fallbacks["expired"] += 1
        self._faults.note("expired", f"version {served.version} is too old; naive serves instead")
        return True

    def _failed(self, served: Served, error: Exception, count: int) -> None:
        self._failing = True
        self._fallbacks["failed"] += count
        self._faults.note("model", f"version {served.version} failed: {error}; naive serves")

    def _over(self) -> None:
        self._failing = False
        self._faults.over("model")

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
            self._failed(served, error, len(windows))
            return [math.nan] * len(windows)
        self._over()
        self._fallbacks["not finite"] += sum(not math.isfinite(value) for value in values)
        return values
