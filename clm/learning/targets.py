"""Targets: what is forecast, as a series that is known at each bar's close, with its naive forecast.

A series looks back over the ``horizon`` bars that end with the bar; a row's target is the same series
``horizon`` bars later. A naive forecast uses only values that are known at its own bar.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clm.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

ZERO = "zero"
MEAN = re.compile(r"mean:([1-9]\d*)")

FLOOR = 1e-4
"""Smallest range or volatility (fraction, one basis point): below it the logarithm is mostly tick size."""


def log(values: pd.Series[float]) -> pd.Series[float]:
    """Natural logarithm; NaN where a value is not positive."""
    logs: pd.Series[float] = values.where(values > 0).apply(np.log)  # numpy's own is typed as an array
    return logs


def log_root_mean_square(returns: pd.Series[float], bars: int) -> pd.Series[float]:
    """Logarithm of realised volatility per bar: of the root mean square of ``bars`` log returns, floored."""
    mean_square = (returns * returns).rolling(bars).mean()
    return 0.5 * log(mean_square.clip(lower=FLOOR * FLOOR))


def log_high_low(high: pd.Series[float], low: pd.Series[float], bars: int) -> pd.Series[float]:
    """Logarithm of log(highest high / lowest low) over ``bars`` bars, floored."""
    span = log(high).rolling(bars).max() - log(low).rolling(bars).min()
    return log(span.clip(lower=FLOOR))


def _return(bars: pd.DataFrame, horizon: int) -> pd.Series[float]:
    return log(bars["close"]).diff(horizon)


def _log_volatility(bars: pd.DataFrame, horizon: int) -> pd.Series[float]:
    return log_root_mean_square(log(bars["close"]).diff(), horizon)


def _log_range(bars: pd.DataFrame, horizon: int) -> pd.Series[float]:
    return log_high_low(bars["high"], bars["low"], horizon)


def _log_volume(bars: pd.DataFrame, horizon: int) -> pd.Series[float]:
    return log(bars["volume"].rolling(horizon).sum())


SERIES: dict[str, tuple[Callable[[pd.DataFrame, int], pd.Series[float]], str]] = {
    "return": (_return, ZERO),
    "log_volatility": (_log_volatility, "mean:20"),
    "log_range": (_log_range, "mean:10"),
    "log_volume": (_log_volume, "mean:5"),
}
"""Target -> (its series, its own naive rule)."""


@dataclass(frozen=True)
class Target:
    """What a scope forecasts.

    - ``return``: log return over the horizon.
    - ``log_volatility``: logarithm of the root mean square of the horizon's one-bar log returns. At
      horizon 1 that is the absolute return, a very noisy measure: prefer ``log_range`` there.
    - ``log_range``: logarithm of log(highest high / lowest low) over the horizon.
    - ``log_volume``: logarithm of the volume summed over the horizon; unknown where nothing traded.

    Volatility and range are floored at ``FLOOR``.

    Raises:
        ConfigurationError: the name, horizon or naive rule does not exist.
    """

    name: str  # return, log_volatility, log_range or log_volume
    horizon: int = 1  # bars
    naive: str = ""  # zero or mean:N (values of the series); empty: the target's own rule

    def __post_init__(self) -> None:
        if self.name not in SERIES:
            choices = ", ".join(SERIES)
            raise ConfigurationError(f"target {self.name!r} does not exist; use one of {choices}")
        if self.horizon < 1:
            raise ConfigurationError(f"horizon is {self.horizon} bars; it must be >= 1")
        object.__setattr__(self, "naive", self.naive or SERIES[self.name][1])
        if self.naive != ZERO and not MEAN.fullmatch(self.naive):
            raise ConfigurationError(
                f"naive rule {self.naive!r} does not exist; use 'zero' or 'mean:N', e.g. 'mean:5'"
            )

    def series(self, bars: pd.DataFrame) -> pd.Series[float]:
        """The realised values of one symbol, oldest bar first; NaN where a bar lacks what is needed."""
        return SERIES[self.name][0](bars, self.horizon)

    def naive_forecast(self, series: pd.Series[float]) -> pd.Series[float]:
        """The naive forecast made at each bar: zero, or the mean of the newest N values known then.

        At least half of the N must be known, so that a bar without trades does not silence it.
        """
        rule = MEAN.fullmatch(self.naive)
        if rule is None:
            return series * 0.0 if series.empty else series.fillna(0.0) * 0.0
        bars = int(rule[1])
        return series.rolling(bars, min_periods=(bars + 1) // 2).mean()
