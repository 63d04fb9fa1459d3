"""Made pairs of forecast errors: a candidate that is better by a known share, in five kinds of market."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from clm.machine import compiled

DAY = 288
"""Five-minute bars."""
HOLD, HORIZON = 7 * DAY, 14 * DAY
"""Rows of the hold-out, and of the longest shadow."""


@dataclass(frozen=True)
class World:
    """What the two errors have in common."""

    alike: float  # correlation of the errors
    overlap: int = 1  # bars of the forecasts' horizon
    swing: float = 0.0  # standard deviation of the log of a skill that comes and goes
    half_life: float = 0.0  # of the swings, rows
    memory: float = 0.3  # first-order dependence of what each has for itself


WORLDS = {
    "base": World(0.98),
    "twins": World(0.995),
    "loose": World(0.90),
    "overlap": World(0.98, overlap=12, memory=0.0),
    "swing3h": World(0.98, swing=0.05, half_life=36.0),
    "swing12h": World(0.98, swing=0.05, half_life=144.0),
}


@compiled
def _remembered(shocks: Any, memory: float) -> None:
    step = math.sqrt(1.0 - memory * memory)
    for i in range(1, len(shocks)):
        shocks[i] = memory * shocks[i - 1] + step * shocks[i]


def remembered(shocks: Any, memory: float) -> Any:
    """A first-order autoregression of variance 1 from unit shocks (n,), in their place."""
    _remembered(shocks, memory)
    return shocks


def heavy(rng: np.random.Generator, rows: int) -> Any:
    """Student-t of four degrees, variance 1."""
    return rng.standard_t(4.0, rows) * math.sqrt(0.5)


def overlapping(shocks: Any, overlap: int) -> Any:
    """Sums over ``overlap`` rows, variance kept: (n - overlap + 1,)."""
    if overlap == 1:
        return shocks
    whole = np.concatenate([[0.0], np.cumsum(shocks)])
    return (whole[overlap:] - whole[:-overlap]) / math.sqrt(overlap)


def pair(name: str, better: float, replicate: int, rows: int = HOLD + HORIZON) -> tuple[Any, Any]:
    """Signed errors (rows,) of the active version and of a candidate better by a fraction of the MAE."""
    world = WORLDS[name]
    rng = np.random.default_rng([replicate, list(WORLDS).index(name), round(10_000 * (better + 1))])
    more = rows + world.overlap - 1
    season = 0.3 * np.sin(2 * np.pi * (np.arange(rows) + rng.integers(DAY)) / DAY)
    size = np.exp(0.5 * remembered(rng.standard_normal(rows), 0.995) + season)
    shared = overlapping(heavy(rng, more), world.overlap)
    mine, theirs = (overlapping(remembered(heavy(rng, more), world.memory), world.overlap) for _ in range(2))
    swing = np.ones(rows)
    if world.swing:
        swing = np.exp(world.swing * remembered(rng.standard_normal(rows), 0.5 ** (1 / world.half_life)))
    common, own = math.sqrt(world.alike), math.sqrt(1 - world.alike)
    return size * (common * shared + own * mine), (1 - better) * swing * size * (
        common * shared + own * theirs
    )


def hits(better: float, replicate: int, rows: int, overlap: int, accuracy: float = 0.54) -> tuple[Any, Any]:
    """Directional hits (rows,) of both: correlation .9 below, accuracy of the candidate higher by half."""
    from statistics import NormalDist

    rng = np.random.default_rng([replicate, 77, round(10_000 * (better + 1)), overlap])
    shared, mine, theirs = (overlapping(rng.standard_normal(rows + overlap - 1), overlap) for _ in range(3))
    common, own, normal = math.sqrt(0.9), math.sqrt(0.1), NormalDist()
    first = common * shared + own * mine < normal.inv_cdf(accuracy)
    second = common * shared + own * theirs < normal.inv_cdf(accuracy + 0.5 * better)
    return first, second
