"""Bars from a Parquet or CSV file, as of a moment: no bar that closes later is ever returned."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from clm.errors import ConfigurationError, InsufficientData

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("symbol", "timestamp", "open", "high", "low", "close", "volume")


class ParquetDataClient:
    """A DataClient over one table of bars.

    Parameters:
        bars: columns symbol, timestamp (UTC, bar start), open, high, low, close, volume.
        bar_seconds: a bar closes that long after its start.
        as_of: UTC; None: the close of the newest bar.
    """

    def __init__(self, bars: pd.DataFrame, bar_seconds: int, as_of: datetime | None = None) -> None:
        self.bars, self._bar = bars, timedelta(seconds=bar_seconds)
        newest = bars["timestamp"].max()
        self.as_of: datetime = as_of or newest.to_pydatetime() + self._bar

    @classmethod
    def open(cls, path: Path | str, bar_seconds: int, symbols: tuple[str, ...] = ()) -> ParquetDataClient:
        """Read a file; ``symbols`` picks some.

        Raises:
            ConfigurationError: the file is missing or not in the layout; the message says what is.
        """
        bars = read_bars(path)
        if symbols:
            bars = bars[bars["symbol"].isin(symbols)]
        if len(bars) == 0:
            raise ConfigurationError(f"{path} has no bars of {', '.join(symbols) or 'any symbol'}")
        return cls(bars, bar_seconds)

    def bound(self, as_of: datetime) -> ParquetDataClient:
        """The same table as of another moment."""
        return type(self)(self.bars, round(self._bar.total_seconds()), as_of)

    def load_training_data(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The bars that close in (start, end], none later than ``as_of``."""
        closes = self.bars["timestamp"] + self._bar
        return self.bars[(closes > start) & (closes <= min(end, self.as_of))]

    def load_recent_data(self, days: int) -> pd.DataFrame:
        """The bars of the last ``days`` days. Raises InsufficientData when there are none."""
        bars = self.load_training_data(self.as_of - timedelta(days=days), self.as_of)
        if len(bars) == 0:
            raise InsufficientData(f"no bar closes in the {days} days before {self.as_of:%Y-%m-%d %H:%M}")
        return bars

    def load_validation_data(self, days: int) -> pd.DataFrame:
        """As ``load_recent_data``: the newest days are what is held out."""
        return self.load_recent_data(days)


def read_bars(path: Path | str) -> pd.DataFrame:
    """A file of bars, checked and sorted by symbol and time.

    Raises:
        ConfigurationError: the file is missing or not in the layout.
    """
    import pandas as pd

    place = Path(path)
    if not place.exists():
        raise ConfigurationError(f"{place} does not exist: name a Parquet or CSV file of bars")
    try:
        bars = pd.read_csv(place) if place.suffix == ".csv" else pd.read_parquet(place)
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"{place} cannot be read as bars: {error}") from error
    missing = [name for name in COLUMNS if name not in bars.columns]
    if missing:
        raise ConfigurationError(f"{place} lacks the columns {', '.join(missing)}; it needs {', '.join(COLUMNS)}")
    bars = bars.assign(
        symbol=bars["symbol"].astype(str), timestamp=pd.to_datetime(bars["timestamp"], utc=True)
    )[list(COLUMNS)]
    twice = bars.duplicated(["symbol", "timestamp"])
    if twice.any():
        row = bars[twice].iloc[0]
        raise ConfigurationError(f"{place} has two bars of {row['symbol']} at {row['timestamp']}: drop one")
    return bars.sort_values(["symbol", "timestamp"], kind="stable").reset_index(drop=True)


def bar_seconds(bars: pd.DataFrame) -> int:
    """The usual distance of two bars of a symbol, seconds. Raises ConfigurationError for single bars."""
    steps = bars.groupby("symbol", observed=True)["timestamp"].diff().dropna()
    if len(steps) == 0:
        raise ConfigurationError("a file of bars needs at least two bars of a symbol")
    return int(steps.mode().iloc[0].total_seconds())
