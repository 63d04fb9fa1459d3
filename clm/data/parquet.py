"""Bars from a Parquet or CSV file, as of a moment: no bar that closes later is ever returned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from clm.data.bars import bar_seconds, checked
from clm.errors import ConfigurationError, InsufficientData

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ParquetDataClient", "bar_seconds", "read_bars"]


class ParquetDataClient:
    """A DataClient over one table of bars.

    Parameters:
        bars: in the checked layout: symbol, timestamp (UTC, bar start), open, high, low, close, volume.
        bar_seconds: a bar closes that long after its start.
        as_of: UTC; None: the close of the newest bar.
    """

    def __init__(self, bars: pd.DataFrame, bar_seconds: int, as_of: datetime | None = None) -> None:
        self.bars, self._bar = bars, timedelta(seconds=bar_seconds)
        self.as_of: datetime = as_of or bars["timestamp"].max().to_pydatetime() + self._bar

    @classmethod
    def open(cls, path: Path | str, bar_seconds: int, symbols: Sequence[str] = ()) -> ParquetDataClient:
        """Read a file; ``symbols`` picks some.

        Raises:
            ConfigurationError: the file is missing, not in the layout, or has no bars of the symbols.
        """
        bars = read_bars(path)
        if symbols:
            bars = bars[bars["symbol"].isin(symbols)].reset_index(drop=True)
        if len(bars) == 0:
            raise ConfigurationError(f"{path} has no bars of {', '.join(symbols) or 'any symbol'}")
        return cls(bars, bar_seconds)

    def bound(self, as_of: datetime) -> ParquetDataClient:
        """The same table, not copied, as of another moment."""
        return type(self)(self.bars, round(self._bar.total_seconds()), as_of)

    def load_training_data(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The bars that close in (start, end], none later than ``as_of``."""
        begins = self.bars["timestamp"]
        until = min(end, self.as_of) - self._bar
        return self.bars[(begins > start - self._bar) & (begins <= until)]

    def load_recent_data(self, days: int) -> pd.DataFrame:
        """The bars of the last ``days`` days. Raises InsufficientData when there are none."""
        bars = self.load_training_data(self.as_of - timedelta(days=days), self.as_of)
        if len(bars) == 0:
            raise InsufficientData(
                f"no bar closes in the {days} days before {self.as_of:%Y-%m-%d %H:%M} UTC: the bars begin "
                f"at {self.bars['timestamp'].min()}"
            )
        return bars

    def load_validation_data(self, days: int) -> pd.DataFrame:
        """As ``load_recent_data``: the newest days are what is held out."""
        return self.load_recent_data(days)


def read_bars(path: Path | str) -> pd.DataFrame:
    """A Parquet file (``.csv``, ``.csv.gz``: a CSV file) of bars, checked and sorted by symbol and time.

    Raises:
        ConfigurationError: the file is missing or not in the layout.
    """
    import pandas as pd

    place = Path(path)
    if not place.exists():
        raise ConfigurationError(f"{place} does not exist: name a Parquet or CSV file of bars")
    try:
        bars = pd.read_csv(place) if ".csv" in place.suffixes else pd.read_parquet(place)
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"{place} cannot be read as bars: {error}") from error
    return checked(bars, place)
