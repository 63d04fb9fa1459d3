"""The market of the bench: bars with a forecastable range, synthetic hours or real candles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clm.data.parquet import read_bars
from clm.data.synthetic import synthetic_bars
from clm.learning.features import TechnicalFeatures
from clm.learning.targets import Target

if TYPE_CHECKING:
    import pandas as pd

HOUR = 3600
DAY = 24
"""Bars of a day."""

SEED_TREES = {"n_estimators": 500, "max_depth": 7, "learning_rate": 0.01, "subsample": 0.8}
"""The specification's example of a booster."""

SEED_PARAMS: Mapping[str, Mapping[str, Any]] = {
    "xgboost": SEED_TREES,
    "lightgbm": SEED_TREES,
    "nhits": {"input_size": 120, "h": 24, "n_blocks": 3},
    "patchtst": {"input_size": 120, "h": 24, "patch_len": 16},
}
"""The specification's example of each model type."""


def engineer(target: str = "log_range", horizon: int = 1, bar: int = HOUR) -> TechnicalFeatures:
    """The engineer of bars of so many seconds."""
    return TechnicalFeatures(Target(target, horizon), bar)


@dataclass(frozen=True)
class Candles:
    """Real candles of one symbol."""

    file: str  # in the folder of data
    symbol: str
    bar: int  # seconds


BITCOIN = Candles("btcusd_1h_2017_2019.parquet", "BTCUSD", HOUR)


def bars(count: int, symbols: int = 1, data: Path | None = None, candles: Candles = BITCOIN) -> pd.DataFrame:
    """The newest bars, with a folder of data of real candles (0: all), else hours of synthetic symbols."""
    if data is None:
        return synthetic_bars([f"S{k}" for k in range(symbols)], count, seed=1, bar_seconds=HOUR)
    every = _read(data / candles.file)
    own = every[every["symbol"].astype(str) == candles.symbol]
    return own.iloc[-count:].reset_index(drop=True)


def named(data: Path | None, *candles: Candles) -> str:
    """Which bars were taken, as it stands in ``raw``."""
    if data is None:
        return "synthetic"
    return f"{', '.join(each.symbol for each in candles)} of {', '.join({each.file for each in candles})}"


@cache
def _read(file: Path) -> pd.DataFrame:
    return read_bars(file)
