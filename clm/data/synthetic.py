"""A synthetic market for tests and examples: range and volume can be forecast, and the skill decays.

The log of volatility wanders around a level (first-order autoregression); volume follows it. Calm and
turbulent regimes shift the level, and in the middle of the history the way volume answers to volatility
flips, so that a model trained on the first half misleads in the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clm.events import SECOND

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

START = "2024-01-01"
PERSISTENCE = 0.9  # of log volatility, from bar to bar
SHOCK = 0.25  # standard deviation of its innovations
CALM_LEVEL, TURBULENT_SHIFT = np.log(0.004), 0.8
REGIMES = 4  # in turn calm and turbulent, equally long
STEPS = 12  # of the path inside a bar, from which high and low come
VOLUME_LEVEL, VOLUME_NOISE = np.log(10_000.0), 0.2
ANSWER = 0.8  # of log volume to the deviation of log volatility; its sign flips in the middle


def synthetic_bars(symbols: Sequence[str], bars: int, seed: int, bar_seconds: int) -> pd.DataFrame:
    """Bars of some symbols in the common layout, from 2024-01-01 on; the same for a seed.

    Parameters:
        bars: per symbol.
    """
    import pandas as pd

    chance = np.random.default_rng(seed)
    starts = pd.Timestamp(START, tz="UTC").as_unit("us") + pd.to_timedelta(
        np.arange(bars) * bar_seconds * SECOND, unit="us"
    )
    parts = [
        pd.DataFrame({"symbol": symbol, "timestamp": starts, **_prices(chance, bars)})
        for symbol in sorted(symbols)
    ]
    return pd.concat(parts, ignore_index=True)


def _prices(chance: np.random.Generator, bars: int) -> dict[str, NDArray[np.float64]]:
    deviation = _wander(chance, bars)
    turbulent = np.arange(bars) * REGIMES // max(bars, 1) % 2
    volatility = np.exp(CALM_LEVEL + TURBULENT_SHIFT * turbulent + deviation)
    moves = chance.standard_normal((bars, STEPS)) * (volatility / np.sqrt(STEPS))[:, None]
    path = np.log(100.0) + np.cumsum(moves.ravel()).reshape(bars, STEPS)
    begin = np.r_[np.log(100.0), path[:-1, -1]]
    whole = np.exp(np.column_stack([begin, path]))
    sign = np.where(np.arange(bars) < bars // 2, 1.0, -1.0)
    noise = VOLUME_NOISE * chance.standard_normal(bars)
    return {
        "open": whole[:, 0],
        "high": whole.max(axis=1),
        "low": whole.min(axis=1),
        "close": whole[:, -1],
        "volume": np.exp(VOLUME_LEVEL + ANSWER * sign * deviation + noise),
    }


def _wander(chance: np.random.Generator, bars: int) -> NDArray[np.float64]:
    """The deviation of log volatility from its level (bars,)."""
    shocks = SHOCK * chance.standard_normal(bars)
    values = np.zeros(bars)
    for bar in range(1, bars):
        values[bar] = PERSISTENCE * values[bar - 1] + shocks[bar]
    return values
