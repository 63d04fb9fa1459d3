"""A market whose relation turns: real bars, each as it was traded, put into another order.

A bar keeps its shape (open, high, low and close against the close before) and its volume; prices are
chained anew, and a bar takes a day. What is chosen is only which bar follows which: in one leg of the market
direction mostly persists, in another it mostly turns. A model that has learnt the one is wrong about the
other, and no bar was invented. Bars that hardly moved have no direction to speak of, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

OFTEN = 0.95
"""How often a bar does what its leg says."""

MOVED = 0.5
"""Share of a symbol's bars that are used: those that moved most."""

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Leg:
    """A part of the market."""

    bars: int
    persists: bool  # whether direction follows itself, or turns


def spliced(bars: pd.DataFrame, legs: Sequence[Leg], decks: int, seed: int) -> pd.DataFrame:
    """As many bars of each symbol as the legs have; the first legs are the same whatever comes after them.

    Parameters:
        bars: symbol, timestamp, open, high, low, close, volume, sorted by both.
        decks: into how many symbols the bars of each one are dealt.

    Raises:
        ValueError: a symbol has too few bars.
    """
    import pandas as pd

    whole = bars.assign(symbol=bars["symbol"].astype(str)).dropna()
    days = pd.date_range(whole["timestamp"].min().normalize(), periods=sum(leg.bars for leg in legs))
    parts = []
    for symbol, own in whole.groupby("symbol"):
        for deck in range(decks):
            made = _dealt(own, legs, Random(f"{seed} {symbol} {deck}"), slice(deck, None, decks))
            parts.append(made.assign(symbol=f"{symbol}.{deck}", timestamp=days))
    return pd.concat(parts, ignore_index=True)


def _dealt(own: pd.DataFrame, legs: Iterable[Leg], random: Random, deck: slice) -> pd.DataFrame:
    """The bars of one deck in their new order."""
    logs = np.log(own[list(PRICES)].to_numpy())
    shapes = logs[1:] - logs[:-1, -1:]  # against the close before; the first bar has none
    moves = shapes[:, -1]
    used = np.flatnonzero(abs(moves) >= np.quantile(abs(moves), 1 - MOVED))[deck]
    order = used[list(_order(moves[used] > 0, legs, random))]
    before = logs[0, -1] + np.concatenate([[0.0], moves[order].cumsum()[:-1]])
    made = own.iloc[: len(order)].assign(volume=own["volume"].to_numpy()[1:][order])
    made[list(PRICES)] = np.exp(before[:, None] + shapes[order])
    return made


def _order(rises: NDArray[np.bool_], legs: Iterable[Leg], random: Random) -> Iterator[int]:
    """Places of the bars, one after the other; where one direction is used up, the other has to do."""
    left = {up: [int(each) for each in np.flatnonzero(rises == up)][::-1] for up in (True, False)}
    last = True
    for leg in legs:
        for _ in range(leg.bars):
            last = last == (leg.persists == (random.random() < OFTEN))
            last = last if left[last] else not last
            if not left[last]:
                raise ValueError("a symbol has fewer bars than the legs ask for: deal it into fewer symbols")
            yield left[last].pop()
