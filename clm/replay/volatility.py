"""A regime signal for recorded bars: calm or turbulent, by the market's own recent volatility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

CALM, TURBULENT = "calm", "turbulent"
SHORT_BARS, LONG_BARS = 20, 250
ENTER, LEAVE = 1.5, 1.1
"""Turbulent above ENTER times the long-run volatility, calm again below LEAVE times: hysteresis."""


def label(bars: pd.DataFrame, bar_seconds: int) -> dict[int, str]:
    """The label of each bar close (µs), from bars up to it only.

    Volatility is the mean absolute log return over the newest 20 bars, averaged over the symbols; its
    long run is the median of the newest 250. Bars before there are 250 are calm.
    """
    import pandas as pd

    close = bars.pivot_table(index="timestamp", columns="symbol", values="close", observed=True)
    returns = pd.DataFrame(np.log(close)).diff().abs().mean(axis=1)
    short = returns.rolling(SHORT_BARS).mean()
    ratio = (short / short.rolling(LONG_BARS).median()).to_numpy()
    stamps = pd.DatetimeIndex(close.index).as_unit("us").asi8 + bar_seconds * 1_000_000
    labels, now = {}, CALM
    for at, level in zip(stamps.tolist(), ratio.tolist(), strict=True):
        if level > ENTER:
            now = TURBULENT
        elif level < LEAVE:
            now = CALM
        labels[at] = now
    return labels
