"""Bars as every adapter hands them on: one layout, checked once, where they enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

PRICES = ("open", "high", "low", "close")
COLUMNS = ("symbol", "timestamp", *PRICES, "volume")


def checked(bars: pd.DataFrame, place: Any) -> pd.DataFrame:
    """The bars in the layout, sorted by symbol and time.

    Open, high, low and volume may be missing (NaN); a close may not.

    Parameters:
        bars: symbol, timestamp (bar start; UTC where it names no zone, ISO 8601 where it is text), open,
            high, low, close, volume.
        place: where they come from, for the message.

    Returns:
        symbol (str), timestamp (UTC), prices and volume (float64), without any other column.

    Raises:
        ConfigurationError: a column is missing or of the wrong kind, a bar stands twice, or a price or
            volume is impossible; the message names the first such bar.
    """
    missing = [name for name in COLUMNS if name not in bars.columns]
    if missing:
        raise ConfigurationError(
            f"{place} lacks the columns {', '.join(missing)}; it needs {', '.join(COLUMNS)}"
        )
    typed = _typed(bars[list(COLUMNS)], place).sort_values(["symbol", "timestamp"], kind="stable")
    prices = typed[list(PRICES)].to_numpy()
    for wrong, what in (
        (typed["timestamp"].isna(), "a bar without a timestamp"),
        (typed.duplicated(["symbol", "timestamp"]), "two bars of one symbol and time"),
        (~(typed["close"] > 0), "a bar without a positive close"),
        ((prices <= 0).any(axis=1) | np.isinf(prices).any(axis=1), "a price that is not positive"),
        (typed["high"] < typed["low"], "a bar whose high is below its low"),
        (typed["volume"] < 0, "a negative volume"),
    ):
        if np.any(wrong):
            bar = typed[np.asarray(wrong)].iloc[0]
            raise ConfigurationError(
                f"{place} has {what}: {bar['symbol']} at {bar['timestamp']}; correct or drop it"
            )
    return typed.reset_index(drop=True)


def bar_seconds(bars: pd.DataFrame) -> int:
    """The usual distance of two bars of a symbol, seconds. Raises ConfigurationError for single bars."""
    steps = bars.groupby("symbol", observed=True)["timestamp"].diff().dropna()
    if len(steps) == 0:
        raise ConfigurationError("a file of bars needs at least two bars of a symbol")
    return int(steps.mode().iloc[0].total_seconds())


def _typed(bars: pd.DataFrame, place: Any) -> pd.DataFrame:
    import pandas as pd

    numbers = dict.fromkeys((*PRICES, "volume"), "float64")
    try:
        stamps = pd.to_datetime(bars["timestamp"], utc=True, format="ISO8601")
        return bars.astype(numbers).assign(symbol=bars["symbol"].astype(str), timestamp=stamps)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{place} is not a table of bars: {error}") from error
