"""Technical features: what a model sees of a bar, computed from that bar and those before it.

Every feature has a finite memory (at most 60 bars), so a row is the same whatever the first bar was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clm.events import SECOND
from clm.learning.libraries import versions
from clm.learning.targets import Target, log, log_high_low, log_root_mean_square

if TYPE_CHECKING:
    import pandas as pd

SERIES_NOW = "series_now"
"""The feature that repeats the target's series; successive rows of it are a network's window."""

NAIVE_NOW = "naive_now"
"""The feature that repeats the naive forecast."""

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class SymbolBars:
    """The logarithms of one symbol's bars, oldest first; NaN where unknown."""

    open: pd.Series[float]
    high: pd.Series[float]
    low: pd.Series[float]
    close: pd.Series[float]
    returns: pd.Series[float]  # one-bar log returns
    range: pd.Series[float]  # log of the floored log range
    volume: pd.Series[float]
    series: pd.Series[float]  # of the target
    naive: pd.Series[float]


Feature = Callable[[SymbolBars], "pd.Series[float]"]


def _rsi(bars: SymbolBars, over: int) -> pd.Series[float]:
    """Share of the rises in all moves of ``over`` bars, 0..1 (Cutler's form: plain means)."""
    rises = bars.returns.clip(lower=0).rolling(over).mean()
    moves = bars.returns.abs().rolling(over).mean()
    return rises / moves.where(moves > 0)


def _place_in_range(bars: SymbolBars) -> pd.Series[float]:
    """Where the close lies between low (0) and high (1); NaN where they are equal."""
    span = bars.high - bars.low
    return (bars.close - bars.low) / span.where(span > 0)


OF_SYMBOL: dict[str, Feature] = {
    "return_1": lambda b: b.returns,
    "return_5": lambda b: b.close.diff(5),
    "return_20": lambda b: b.close.diff(20),
    "gap": lambda b: b.open - b.close.shift(1),
    "body": lambda b: b.close - b.open,
    "place_in_range": _place_in_range,
    "mean_gap_10": lambda b: b.close - b.close.rolling(10).mean(),
    "mean_gap_50": lambda b: b.close - b.close.rolling(50).mean(),
    "rsi_14": lambda b: _rsi(b, 14),
    "range_1": lambda b: b.range,
    "range_5": lambda b: b.range.rolling(5).mean(),
    "range_20": lambda b: b.range.rolling(20).mean(),
    "volatility_5": lambda b: log_root_mean_square(b.returns, 5),
    "volatility_20": lambda b: log_root_mean_square(b.returns, 20),
    "volatility_60": lambda b: log_root_mean_square(b.returns, 60),
    "volume_1": lambda b: b.volume,
    "volume_5": lambda b: b.volume.rolling(5).mean(),
    "volume_20": lambda b: b.volume.rolling(20).mean(),
    "volume_change": lambda b: b.volume.diff(),
    "volume_ratio": lambda b: b.volume - b.volume.rolling(20).mean(),
    SERIES_NOW: lambda b: b.series,
    "series_mean_5": lambda b: b.series.rolling(5).mean(),
    "series_mean_20": lambda b: b.series.rolling(20).mean(),
    "series_std_20": lambda b: b.series.rolling(20).std(),
    NAIVE_NOW: lambda b: b.naive,
}
"""Features of one symbol's own bars."""

OF_MARKET = {"market_return": "return_1", "market_series": SERIES_NOW}
"""Mean over the symbols at the same bar -> the feature it is the mean of."""

OF_CLOCK = {
    "day_sin": (DAY_SECONDS, np.sin),
    "day_cos": (DAY_SECONDS, np.cos),
    "week_sin": (7 * DAY_SECONDS, np.sin),
    "week_cos": (7 * DAY_SECONDS, np.cos),
}
"""Time of day and of week on a circle, for bars shorter than a day -> (period in seconds, function)."""


class TechnicalFeatures:
    """The default feature engineer: about 30 features and the columns of a target.

    Parameters:
        target: what is forecast.
        bar_seconds: length of a bar; a bar closes that long after its timestamp.
    """

    def __init__(self, target: Target, bar_seconds: int) -> None:
        self.target, self.bar_seconds = target, bar_seconds
        self.horizon = target.horizon  # bars

    @property
    def schema(self) -> str:
        """The name of this set of columns."""
        return f"technical-{self.target.name}-h{self.horizon}-v1"

    @property
    def recipe(self) -> dict[str, object]:
        """Everything but the bars that a frame depends on: settings, and the code that makes it."""
        return {
            "schema": self.schema,
            "columns": self.get_feature_names(),
            "naive": self.target.naive,
            "bar_seconds": self.bar_seconds,
            "code": versions(("clm", "numpy", "pandas")),
        }

    def get_feature_names(self) -> list[str]:
        """The feature columns, in order."""
        clock = OF_CLOCK if self.bar_seconds < DAY_SECONDS else ()
        return [*OF_SYMBOL, *OF_MARKET, *clock]

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        """One row per bar, sorted by symbol and time.

        Parameters:
            df: bars: symbol, timestamp (UTC, bar start), open, high, low, close, volume; NaN where
                unknown.

        Returns:
            symbol (str), timestamp, ``at`` (µs, bar close), the features (float32), ``series``,
            ``naive``, ``target`` (float64, target units; NaN while unknown) and ``matures_at`` (µs,
            the close of the bar ``horizon`` rows later; -1 while unknown).
        """
        import pandas as pd

        bars = df.assign(symbol=df["symbol"].astype(str))
        bars = bars.sort_values(["symbol", "timestamp"], kind="stable", ignore_index=True)
        starts = pd.DatetimeIndex(bars["timestamp"]).as_unit("us")
        bars["at"] = starts.asi8 + self.bar_seconds * SECOND
        parts = [self._of_symbol(own) for _, own in bars.groupby("symbol", sort=False)]
        made = pd.concat(parts) if parts else self._of_symbol(bars)
        for name, source in OF_MARKET.items():
            made[name] = made[source].groupby(bars["timestamp"]).transform("mean")
        names = self.get_feature_names()
        for name, (period, circle) in OF_CLOCK.items():
            made[name] = circle(2 * math.pi * (starts.asi8 // SECOND % period) / period)
        features = made[names].replace([np.inf, -np.inf], np.nan).astype(np.float32)
        outcome = made[["series", "naive", "target", "matures_at"]]
        return pd.concat([bars[["symbol", "timestamp", "at"]], features, outcome], axis=1)

    def _of_symbol(self, bars: pd.DataFrame) -> pd.DataFrame:
        """The features and target columns of one symbol's bars, oldest first."""
        import pandas as pd

        seen = self._seen(bars)
        columns = {name: feature(seen) for name, feature in OF_SYMBOL.items()}
        return pd.DataFrame(
            {
                **columns,
                "series": seen.series,
                "naive": seen.naive,
                "target": seen.series.shift(-self.horizon),
                "matures_at": bars["at"].shift(-self.horizon, fill_value=-1),
            }
        )

    def _seen(self, bars: pd.DataFrame) -> SymbolBars:
        close, series = log(bars["close"]), self.target.series(bars)
        return SymbolBars(
            open=log(bars["open"]),
            high=log(bars["high"]),
            low=log(bars["low"]),
            close=close,
            returns=close.diff(),
            range=log_high_low(bars["high"], bars["low"], 1),
            volume=log(bars["volume"]),
            series=series,
            naive=self.target.naive_forecast(series),
        )
