"""A small market for the tests of learning: two symbols, hourly, and bars to compute by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from clm.data.synthetic import synthetic_bars
from clm.learning.features import TechnicalFeatures
from clm.learning.targets import Target

HOUR = 3600
BOOSTER = {"n_estimators": 20, "max_depth": 3, "learning_rate": 0.1}
NETWORK: dict[str, dict[str, Any]] = {
    "nhits": {"input_size": 8, "h": 2, "n_blocks": 2, "max_steps": 3, "mlp_units": [[8, 8]] * 2},
    "patchtst": {
        "input_size": 8, "h": 2, "max_steps": 2, "patch_len": 4, "stride": 2, "hidden_size": 8,
        "n_heads": 2, "encoder_layers": 1, "linear_hidden_size": 8,
    },
}  # fmt: skip
"""Networks so small that a fit takes a fraction of a second."""

BASE: dict[str, dict[str, Any]] = {"xgboost": BOOSTER, "lightgbm": BOOSTER, **NETWORK}
FEW = {"members": {"lightgbm": BOOSTER, "nhits": NETWORK["nhits"]}}
PARAMS: dict[str, dict[str, Any]] = {**BASE, "ensemble": FEW}


def engineer(name: str = "log_range", horizon: int = 1) -> TechnicalFeatures:
    """The engineer of hourly bars."""
    return TechnicalFeatures(Target(name, horizon), HOUR)


@cache
def bars() -> pd.DataFrame:
    """300 synthetic bars of each of two symbols."""
    return synthetic_bars(("A", "B"), 300, seed=1, bar_seconds=HOUR)


@cache
def frame() -> pd.DataFrame:
    """Their training frame, log range, one bar ahead."""
    return engineer().transform(bars())


def one_symbol(close: list[float], **columns: list[float]) -> pd.DataFrame:
    """Hourly bars of symbol A whose prices are all the close, unless given."""
    starts = pd.date_range("2024-01-01", periods=len(close), freq="h", tz="UTC", unit="us")
    flat = dict.fromkeys(("open", "high", "low", "close"), close)
    volume = {"volume": np.ones(len(close))}
    return pd.DataFrame({"symbol": "A", "timestamp": starts, **flat, **volume, **columns})
