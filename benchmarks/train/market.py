"""The market of the bench: hourly bars with a forecastable range, synthetic or from a file of candles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
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


def engineer(target: str = "log_range", horizon: int = 1) -> TechnicalFeatures:
    """The engineer of hourly bars."""
    return TechnicalFeatures(Target(target, horizon), HOUR)


def bars(count: int, symbols: int = 1, file: str = "") -> pd.DataFrame:
    """The newest hourly bars of some symbols: of a file's one symbol, else synthetic."""
    if file:
        return _candles(file).iloc[-count:].reset_index(drop=True)
    return synthetic_bars([f"S{k}" for k in range(symbols)], count, seed=1, bar_seconds=HOUR)


@cache
def _candles(file: str) -> pd.DataFrame:
    return read_bars(file)
