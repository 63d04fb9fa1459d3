"""Technical features: what a bar's close and the bars before it say. Never a later bar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.learning.targets import FLOOR, Target

if TYPE_CHECKING:
    import pandas as pd

RETURN_BARS = (1, 2, 5, 10, 20, 60)
LEVEL_BARS = (5, 20, 60)
RSI_BARS = 14
EMA_BARS = 20
DAY_SECONDS = 86_400
SERIES = "series_now"
"""The feature that holds the series, from which networks build their windows."""


class TechnicalFeatures:
    """Makes the training frame of bars.

    ``transform`` gives one row per bar, sorted by symbol and time: symbol, timestamp (bar start), at (close,
    µs), the features (float32), series, naive, target (NaN while unknown), matures_at (µs, -1 while unknown).

    Parameters:
        target: what is forecast.
        bar_seconds: length of a bar.
    """

    def __init__(self, target: Target, bar_seconds: int) -> None:
        self.target, self.bar_seconds = target, bar_seconds

    @property
    def horizon(self) -> int:
        """Bars from a row to its target."""
        return self.target.horizon

    @property
    def schema(self) -> str:
        """The name of the columns, version included."""
        return f"technical-{self.target.name}-h{self.horizon}-v1"

    def get_feature_names(self) -> list[str]:
        """The feature columns in order."""
        names = [SERIES, "naive_now", "series_2", "series_3"]
        names += [f"series_mean_{n}" for n in LEVEL_BARS] + ["series_std_20", "series_market"]
        names += [f"return_{n}" for n in RETURN_BARS] + [f"volatility_{n}" for n in LEVEL_BARS]
        names += ["range", "range_mean_20", "volume", "volume_5", "volume_20", "rsi", "ema_gap", "gap"]
        names += ["position", "market_return"]
        if self.bar_seconds < DAY_SECONDS:
            names += ["hour_sin", "hour_cos", "weekend"]
        return names

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        """The training frame of bars; see the class."""
        import pandas as pd

        bars = df.sort_values(["symbol", "timestamp"], kind="stable").reset_index(drop=True)
        bars = bars.assign(symbol=bars["symbol"].astype(str))
        series = self.target.series(bars).astype(np.float64)
        naive = self.target.forecast(series, bars["symbol"]).astype(np.float64)
        starts = pd.DatetimeIndex(bars["timestamp"]).as_unit("us")
        at = starts.asi8 + self.bar_seconds * 1_000_000
        later = pd.Series(at, index=bars.index).groupby(bars["symbol"]).shift(-self.horizon)
        columns = dict(self._columns(bars, series, naive, starts))
        frame = pd.DataFrame({name: columns[name] for name in self.get_feature_names()}, index=bars.index)
        frame = frame.replace([np.inf, -np.inf], np.nan).astype(np.float32)
        return frame.assign(
            symbol=bars["symbol"],
            timestamp=bars["timestamp"],
            at=at,
            series=series,
            naive=naive,
            target=series.groupby(bars["symbol"]).shift(-self.horizon),
            matures_at=later.fillna(-1).astype(np.int64),
        )

    def _columns(self, bars: Any, series: Any, naive: Any, starts: Any) -> Iterator[tuple[str, Any]]:
        by = _By(bars["symbol"])
        yield from self._of_series(by, series, naive, starts)
        yield from _of_prices(by, bars, starts)
        yield from _of_volume(by, bars)
        if self.bar_seconds < DAY_SECONDS:
            yield from _of_clock(starts)

    def _of_series(self, by: _By, series: Any, naive: Any, starts: Any) -> Iterator[tuple[str, Any]]:
        yield SERIES, series
        yield "naive_now", naive
        yield "series_2", by.shift(series, 1)
        yield "series_3", by.shift(series, 2)
        for n in LEVEL_BARS:
            yield f"series_mean_{n}", by.mean(series, n)
        yield "series_std_20", by.std(series, 20)
        yield "series_market", _market(series, starts)


class _By:
    """Rolling statistics within each symbol."""

    def __init__(self, symbols: Any) -> None:
        self._symbols = symbols

    def shift(self, values: Any, bars: int) -> Any:
        return values.groupby(self._symbols).shift(bars)

    def mean(self, values: Any, bars: int) -> Any:
        return self._flat(values, values.groupby(self._symbols).rolling(bars, min_periods=max(2, bars // 2)).mean())

    def std(self, values: Any, bars: int) -> Any:
        return self._flat(values, values.groupby(self._symbols).rolling(bars, min_periods=max(2, bars // 2)).std())

    def low(self, values: Any, bars: int) -> Any:
        return self._flat(values, values.groupby(self._symbols).rolling(bars, min_periods=2).min())

    def high(self, values: Any, bars: int) -> Any:
        return self._flat(values, values.groupby(self._symbols).rolling(bars, min_periods=2).max())

    def ema(self, values: Any, bars: int) -> Any:
        return self._flat(values, values.groupby(self._symbols).ewm(span=bars, adjust=False).mean())

    def _flat(self, values: Any, grouped: Any) -> Any:
        return grouped.reset_index(level=0, drop=True).reindex(values.index)


def _of_prices(by: _By, bars: Any, starts: Any) -> Iterator[tuple[str, Any]]:
    close = np.log(bars["close"])
    one = close - by.shift(close, 1)
    for n in RETURN_BARS:
        yield f"return_{n}", close - by.shift(close, n)
    for n in LEVEL_BARS:
        yield f"volatility_{n}", np.log(by.std(one, n).clip(lower=FLOOR))
    spread = np.log(np.log(bars["high"] / bars["low"]).clip(lower=FLOOR))
    yield "range", spread
    yield "range_mean_20", by.mean(spread, 20)
    rises, falls = by.mean(one.clip(lower=0), RSI_BARS), by.mean(-one.clip(upper=0), RSI_BARS)
    yield "rsi", rises / (rises + falls)
    yield "ema_gap", close - by.ema(close, EMA_BARS)
    yield "gap", np.log(bars["open"]) - by.shift(close, 1)
    low, high = by.low(close, 20), by.high(close, 20)
    yield "position", (close - low) / (high - low)
    yield "market_return", _market(one, starts)


def _of_volume(by: _By, bars: Any) -> Iterator[tuple[str, Any]]:
    volume = np.log(bars["volume"].where(bars["volume"] > 0))
    yield "volume", volume
    for n in (5, 20):
        yield f"volume_{n}", volume - by.mean(volume, n)


def _of_clock(starts: Any) -> Iterator[tuple[str, Any]]:
    angle = 2 * np.pi * (starts.hour + starts.minute / 60) / 24
    yield "hour_sin", np.sin(angle)
    yield "hour_cos", np.cos(angle)
    yield "weekend", (starts.dayofweek >= 5).astype(np.float32)


def _market(values: Any, starts: Any) -> Any:
    """The mean over all symbols of the same bar."""
    return values.groupby(np.asarray(starts.asi8)).transform("mean")
