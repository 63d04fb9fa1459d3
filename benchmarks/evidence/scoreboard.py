"""Runs the parts of the scoreboard and prints them; ``--part`` picks some, ``--replicates`` how many."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping

from benchmarks.evidence import candles, market, shadows, watches
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import pair

ROLLBACK_GOALS = {0.1: 100.0, 0.3: 24.0}

PARTS: Mapping[str, Callable[[int], Iterator[Figure]]] = {
    "shadow": shadows.shadows,
    "seed": shadows.seed_shadows,
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
        found = (
            market.figures(candles.forecasts(options.data), options.replicates) if part == "market" else None
        )
        for line in found or PARTS[part](options.replicates):
            print(line, flush=True)
