"""Runs the parts of the scoreboard and prints them; ``--part`` picks some, ``--replicates`` how many."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from benchmarks.evidence import candles, market, shadows, watches
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import pair

ROLLBACK_GOALS = {0.1: 100.0, 0.3: 24.0}

PARTS: Mapping[str, Callable[[int], Iterator[Figure]]] = {
    "shadow": shadows.shadows,
    "seed": lambda n: chain(shadows.seed_shadows(n), watches.seed_decays(n)),
    "retries": lambda n: shadows.retries("base", lambda d, r: pair("base", d, r), max(n // 10, 5), 0.2, 0.9),
    "rollback": lambda n: shadows.probations("base", lambda d, r: pair("base", d, r), n, 1, ROLLBACK_GOALS),
    "decay": watches.decays,
    "rivals": watches.decay_rivals,
    "regime": watches.regimes,
}


def main() -> None:
    """Print the scoreboard; exits with an error only where a part cannot run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=[*PARTS, "market"])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--data", default="", help="folder of candles (Parquet) for the part 'market'")
    options = parser.parse_args()
    for part in options.part or [*PARTS, *(["market"] if options.data else [])]:
        market_part = part == "market"
        found = real(options.data, options.replicates) if market_part else PARTS[part](options.replicates)
        for line in found:
            print(line, flush=True)


def real(folder: str, replicates: int) -> Iterator[Figure]:
    """The part on candles."""
    yield from watches.real_regimes(candles.volatilities(folder))
    yield from market.figures(candles.forecasts(folder), replicates)
