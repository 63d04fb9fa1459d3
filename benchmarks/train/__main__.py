"""``make bench-train``: measure every row, print the table, write ``benchmarks/out/train.json``."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.stream import report
from benchmarks.train import calibrating, cycling, networks, scoring, warming
from benchmarks.train.figure import Figure
from benchmarks.train.goals import GOALS
from benchmarks.train.sizes import QUICK, Sizes

OUT = report.OUT.with_name("train.json")

SECTIONS: Mapping[str, Callable[[Sizes], Iterator[Figure]]] = {
    "networks": networks.measure,
    "scoring": scoring.measure,
    "warming": warming.measure,
    "calibrating": calibrating.measure,
    "cycling": cycling.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0: every row was measured, whether or not its goal is reached."""
    options, figures = _options(arguments), list[Figure]()
    started, sizes = time.monotonic(), _sizes(options)
    for name in options.only or SECTIONS:
        print(f"measuring {name} ...", file=sys.stderr)
        measured = _attempted(name, sizes)
        print(report.table(measured), flush=True)
        figures = sorted([*figures, *measured], key=lambda each: list(GOALS).index(each.key))
        report.written(figures, options.out)
    print(report.standings(figures))
    print(f"{options.out}  {time.monotonic() - started:.0f} s")
    return int(any(each.value is None for each in figures))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-train", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: shows that it runs, measures nothing"
    )
    parser.add_argument("--only", choices=sorted(SECTIONS), action="append", help="a section, not all")
    parser.add_argument("--passes", type=int, help="over each ratio, in place of five")
    parser.add_argument("--hourly", default="", help="file of hourly bars of one symbol; else synthetic")
    parser.add_argument("--out", type=Path, default=OUT, help="the JSON file")
    return parser.parse_args(arguments)


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = replace(QUICK if options.quick else Sizes(), hourly=options.hourly)
    return replace(sizes, passes=options.passes) if options.passes else sizes


def _attempted(name: str, sizes: Sizes) -> list[Figure]:
    """The figures of a section; each that it owes is there, without a value where it broke."""
    figures: dict[str, Figure] = {}
    fault = "the section did not yield it"
    try:
        for each in SECTIONS[name](sizes):
            figures[each.key] = each
    except Exception as error:  # noqa: BLE001 - one broken section must not hide the others' figures
        traceback.print_exc()
        fault = repr(error)
    owed = [key for key, goal in GOALS.items() if goal.section == name]
    return [figures.get(key) or Figure(key, None, {"error": fault}) for key in owed]


if __name__ == "__main__":
    sys.exit(main())
