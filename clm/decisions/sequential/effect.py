"""The effect: by how much two forecasts of the same events differ, with an interval that may be watched.

Of pairs of losses a, b >= 0, oldest first, the effect is how much larger the mean of b is, as a fraction:

    d = mean(b) / mean(a) - 1,   influence of a pair: w = (b - (1 + d) a) / mean(a)

The w have mean 0 and say what each pair moves d by (the delta method for a ratio), so that d - truth behaves
as their mean does. With s^2 their long-run variance per pair, from sums over blocks that are at least as long
as outcomes overlap, the interval after n pairs is

    d +- s sqrt(2 (n r + 1) / (n^2 r) log(sqrt(n r + 1) / level))
    r = (L + log(L + 1)) / TUNED,   L = -2 log(level)

the boundary of a normal mixture on both sides, narrowest near TUNED pairs. It covers the truth at all n at
once with probability 1 - level, asymptotically: so it begins when the variance has been seen in LEAST_BLOCKS
blocks, and the caution of ``long_run`` widens it while those are few. It is half as wide again as an interval
that is looked at once.

Sources: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Ann. Statist. 52, 2613-2640, theorem 2.2; the
mixture: Robbins (1970), Ann. Math. Statist. 41, 1397-1409; ``long_run``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clm.decisions.sequential.duel_rules import BLOCK
from clm.decisions.sequential.long_run import LongRunVariance
from clm.errors import ConfigurationError

LEAST_BLOCKS = 24
"""Blocks before there is an interval."""
TUNED = 2016
"""Pairs at which it is narrowest: a week of five-minute bars."""

FIRST, SECOND, UNDECIDED = "first", "second", "undecided"
"""Which of the two is better, as far as the interval tells."""


@dataclass(frozen=True)
class Effect:
    """Two forecasts side by side."""

    pairs: int
    effective: float  # pairs / (long-run variance / own variance): as many independent ones
    first_loss: float  # mean, units of the losses
    second_loss: float  # mean
    effect: float  # second_loss / first_loss - 1; negative: the second one errs less
    low: float  # of the interval for the effect; -inf while there are too few pairs
    high: float  # inf while there are too few
    level: float  # probability that the interval ever leaves out the truth
    needed: int  # more pairs until there is an interval; 0: there is one

    @property
    def better(self) -> str:
        """``first``, ``second`` or ``undecided``."""
        return FIRST if self.low > 0 else SECOND if self.high < 0 else UNDECIDED


def effect(first: Sequence[float], second: Sequence[float], overlap: int, level: float = 0.05) -> Effect:
    """The effect of two series of losses (n,) on the same events, oldest first.

    Parameters:
        overlap: rows whose outcomes overlap: the horizon in bars times the rows of a bar.
        level: probability, between 0 and 1.

    Raises:
        ConfigurationError: the level is no probability, or the series differ in length.

    >>> found = effect([1.0, 3.0] * 144, [0.9, 2.7] * 144, 1)
    >>> round(found.effect, 6), found.better, found.pairs, found.needed
    (-0.1, 'second', 288, 0)
    """
    if not 0 < level < 1:
        raise ConfigurationError(f"level of an effect is {level!r}; it must be between 0 and 1")
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape:
        raise ConfigurationError(f"losses of {len(a)} and {len(b)} events are no pairs")
    n, block = len(a), max(BLOCK, overlap)
    mine, theirs = (float(each.mean()) if n else math.nan for each in (b, a))
    ratio = mine / theirs if n and theirs > 0 else math.nan
    needed = max(0, LEAST_BLOCKS * block - n)
    if math.isnan(ratio) or needed:
        return Effect(n, float(n), theirs, mine, ratio - 1.0, -math.inf, math.inf, level, needed)
    moved = (b - ratio * a) / theirs
    variance = LongRunVariance()
    blocks = n // block
    variance.update_many(moved[: blocks * block].reshape(blocks, block).sum(axis=1) / math.sqrt(block))
    width = math.sqrt(variance.value) * margin(n, level)
    own = float(moved @ moved) / n
    effective = n * own / variance.value if variance.value > 0 else float(n)
    return Effect(n, effective, theirs, mine, ratio - 1.0, ratio - 1.0 - width, ratio - 1.0 + width, level, 0)


def margin(pairs: int, level: float) -> float:
    """Half the interval of a mean after some pairs, in standard deviations of one pair.

    >>> round(margin(2016, 0.05), 4), round(1.96 / 2016**0.5, 4)  # against one look
    (0.0676, 0.0437)
    """
    log_level = -2.0 * math.log(level)
    grown = pairs * (log_level + math.log1p(log_level)) / TUNED
    return math.sqrt(2.0 * (grown + 1.0) / (pairs * grown) * math.log(math.sqrt(grown + 1.0) / level))
