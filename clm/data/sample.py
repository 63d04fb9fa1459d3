"""The demo's market: daily prices of AAPL, GOOG, IBM and MSFT, 2000-2013, public domain.

The package's prices and volumes are unadjusted; adjusted closes are given beside them. Returns come from
those, open, high and low are scaled alike, and volumes before a split are multiplied by its ratio. A jump of
adjusted ÷ unadjusted close by more than 1.3 is a split; smaller jumps are dividends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clm.data.bars import checked
from clm.errors import MissingLibrary

if TYPE_CHECKING:
    import pandas as pd

SYMBOLS = ("AAPL", "GOOG", "IBM", "MSFT")
SPLIT = 1.3
"""Least jump of the adjustment factor that is a split."""


def sample_bars() -> pd.DataFrame:
    """The bars of the four symbols in the common layout, adjusted.

    Raises:
        MissingLibrary: the extra ``demo`` is not installed.
    """
    import pandas as pd

    try:
        from bokeh_sampledata import stocks
    except ImportError as error:
        remedy = "pip install 'continuous-learning-manager[demo]'"
        raise MissingLibrary(f"the sample prices cannot be imported ({error}): {remedy}") from error
    parts = [adjusted(symbol, pd.DataFrame(getattr(stocks, symbol))) for symbol in SYMBOLS]
    return checked(pd.concat(parts), "bokeh_sampledata.stocks")


def adjusted(symbol: str, table: pd.DataFrame) -> pd.DataFrame:
    """One symbol's bars, adjusted.

    Parameters:
        table: date, open, high, low, close, volume as traded, and adj_close; oldest first.
    """
    import pandas as pd

    factor = table["adj_close"] / table["close"]
    jump = factor / factor.shift(1)
    ratio = (2 * jump.where(jump > SPLIT, 1.0)).round() / 2  # two for one, three for two
    later = ratio[::-1].cumprod()[::-1].shift(-1, fill_value=1.0)  # all splits after the bar
    return pd.DataFrame(
        {
            "symbol": symbol,
            "timestamp": pd.to_datetime(table["date"], utc=True),
            "open": table["open"] * factor,
            "high": table["high"] * factor,
            "low": table["low"] * factor,
            "close": table["adj_close"],
            "volume": table["volume"] * later,
        }
    )
