"""Runs the parts of the scoreboard and prints them; ``--part`` picks some, ``--replicates`` how many.

``--half tuning`` is for choosing constants; the figures that are told are those of the other (``halves``).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain

from benchmarks.evidence import (
    alarms,
    candles,
    credit,
    effects,
    gates,
    halves,
    market,
    noise,
    retries,
    shadows,
    speed,
    stages,
    watches,
)
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import pair

ROLLBACK_GOALS = {0.1: 100.0, 0.3: 24.0}

PARTS: Mapping[str, Callable[[range], Iterator[Figure]]] = {
    "shadow": shadows.shadows,
    "seed": lambda seeds: chain(shadows.seed_shadows(seeds), watches.seed_decays(seeds)),
    "retries": lambda seeds: retries.retries("base", partial(pair, "base"), seeds, 0.2, 0.9),
    "rollback": lambda seeds: shadows.probations("base", partial(pair, "base"), seeds, 1, ROLLBACK_GOALS),
    "stages": stages.stages,
    "effect": effects.effects,
    "gate": gates.made,
    "slow": lambda seeds: retries.slow("loose", partial(pair, "loose"), seeds),
    "credit": credit.made,
    "decay": watches.decays,
    "alarms": alarms.alarms,
    "rivals": watches.decay_rivals,
    "regime": watches.regimes,
    "speed": speed.updates,
}


def main() -> None:
    """Print the scoreboard; exits with an error only where a part cannot run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=[*PARTS, "market"])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--half", choices=[halves.SCORING, halves.TUNING], default=halves.SCORING)
    parser.add_argument("--data", default="", help="folder of candles (Parquet) for the part 'market'")
    options = parser.parse_args()
    for part in options.part or [*PARTS, *(["market"] if options.data else [])]:
        seeds = halves.seeds(options.half, options.replicates)
        found = real(options.data, options.half, seeds) if part == "market" else PARTS[part](seeds)
        for line in found:
            print(line, flush=True)


def real(folder: str, half: str, seeds: range) -> Iterator[Figure]:
    """The part on candles."""
    yield from watches.real_regimes(folder, half)
    forecasts = candles.forecasts(folder)
    yield from market.figures(forecasts, half, seeds)
    if half == halves.SCORING:  # its candles belong to that half
        step = market.Market(forecasts, market.ONE_STEP, half).pair
        yield from noise.noise(folder, step, seeds)
