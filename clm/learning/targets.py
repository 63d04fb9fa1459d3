"""Targets: what is forecast, when it is known, and the naive forecast it must beat.

Every target has a ``series``: its value over the last ``horizon`` bars, known at a bar's close. The target of
a bar is the series ``horizon`` bars later, so one definition serves labels, naive forecasts and networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

FLOOR = 1e-4
"""Least range and volatility, fraction of price: the logarithm of a bar that did not move."""


def _returns(bars: pd.DataFrame, horizon: int) -> Any:
    logs = np.log(bars["close"])
    return logs.groupby(bars["symbol"], observed=True).diff(horizon)


def _volatility(bars: pd.DataFrame, horizon: int) -> Any:
    """Log of the root mean square of one-bar log returns over the horizon."""
    squares = _returns(bars, 1) ** 2
    mean = _rolling(squares, bars, horizon).mean().reset_index(level=0, drop=True).reindex(bars.index)
    return np.log(np.sqrt(mean).clip(lower=FLOOR))


def _range(bars: pd.DataFrame, horizon: int) -> Any:
    """Log of the log of highest high over lowest low of the horizon."""
    high = _rolling(bars["high"], bars, horizon).max().reset_index(level=0, drop=True).reindex(bars.index)
    low = _rolling(bars["low"], bars, horizon).min().reset_index(level=0, drop=True).reindex(bars.index)
    return np.log(np.log(high / low).clip(lower=FLOOR))


def _volume(bars: pd.DataFrame, horizon: int) -> Any:
    """Log of the volume of the horizon; NaN where nothing was traded."""
    total = _rolling(bars["volume"], bars, horizon).sum().reset_index(level=0, drop=True).reindex(bars.index)
    return np.log(total.where(total > 0))


def _rolling(values: Any, bars: pd.DataFrame, horizon: int) -> Any:
    return values.groupby(bars["symbol"], observed=True).rolling(horizon)


@dataclass(frozen=True)
class Kind:
    """A target by name."""

    series: Callable[[Any, int], Any]  # (bars sorted by symbol and time, horizon) -> value per bar
    naive: str  # its own naive rule


KINDS = {
    "return": Kind(_returns, "zero"),
    "log_volatility": Kind(_volatility, "mean:20"),
    "log_range": Kind(_range, "mean:10"),
    "log_volume": Kind(_volume, "mean:5"),
}


@dataclass(frozen=True)
class Target:
    """A target with its horizon and naive rule.

    Raises:
        ConfigurationError: an unknown name or naive rule, or a horizon below 1.
    """

    name: str
    horizon: int = 1  # bars
    naive: str = ""  # zero, or mean:N of the newest N values of the series; empty: the target's own

    def __post_init__(self) -> None:
        if self.name not in KINDS:
            raise ConfigurationError(f"target {self.name!r} is unknown; choose one of {', '.join(KINDS)}")
        if self.horizon < 1:
            raise ConfigurationError(f"horizon is {self.horizon}; it must be >= 1 bar")
        if self.naive == "":
            object.__setattr__(self, "naive", KINDS[self.name].naive)
        self._bars()

    def series(self, bars: pd.DataFrame) -> Any:
        """The target over the last ``horizon`` bars, known at each bar's close; NaN at the start."""
        return KINDS[self.name].series(bars, self.horizon)

    def forecast(self, series: Any, symbols: Any) -> Any:
        """The naive forecast made at each bar, from its series up to that bar."""
        bars = self._bars()
        if bars == 0:
            return series * 0.0
        means = series.groupby(symbols, observed=True).rolling(bars).mean()
        return means.reset_index(level=0, drop=True).reindex(series.index)

    def _bars(self) -> int:
        """Bars of the naive mean, 0 for zero."""
        if self.naive == "zero":
            return 0
        word, _, count = self.naive.partition(":")
        if word != "mean" or not count.isdigit() or int(count) < 1:
            raise ConfigurationError(f"naive rule {self.naive!r} is unknown; use 'zero' or 'mean:N'")
        return int(count)
