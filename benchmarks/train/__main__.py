"""``make bench-train``: measure every row, print the table, write ``benchmarks/out/train.json``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.stream import report
from benchmarks.train import calibrating, cycling, networks, scheduling, scoring, warming
from benchmarks.train.figure import Figure
from benchmarks.train.goals import GOALS
from benchmarks.train.sizes import QUICK, Sizes

SECTIONS: Mapping[str, Callable[[Sizes], Iterator[Figure]]] = {
    "networks": networks.measure,
    "scoring": scoring.measure,
    "warming": warming.measure,
    "calibrating": calibrating.measure,
    "cycling": cycling.measure,
    "scheduling": scheduling.measure,
}

BENCH = Bench("bench-train", str(__doc__), GOALS, Figure, report.OUT.with_name("train.json"))


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every row was measured, whether or not its goal is reached."""
    options = _options(arguments)
    sizes = _sizes(options)
    return BENCH.run(options, lambda section, keys: SECTIONS[section](replace(sizes, keys=keys)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = BENCH.parser()
    parser.add_argument("--passes", type=int, help="over each ratio, in place of five")
    parser.add_argument("--data", type=Path, help="folder of real candles; without it they are synthetic")
    return parser.parse_args(arguments)


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = replace(QUICK if options.quick else Sizes(), data=options.data)
    return replace(sizes, passes=options.passes) if options.passes else sizes


if __name__ == "__main__":
    sys.exit(main())
