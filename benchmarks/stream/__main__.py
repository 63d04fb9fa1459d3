"""``make bench-stream``: measure every row, print the table, write ``benchmarks/out/stream.json``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.stream import consuming, deciding, enqueuing, memory, publishing, report, starting
from benchmarks.stream.figure import Figure
from benchmarks.stream.goals import GOALS
from benchmarks.stream.sizes import QUICK, Sizes
from clm.store.embedded import Embedded

Section = Callable[[str, Sizes], Iterator[Figure]]

SECTIONS: Mapping[str, Section] = {
    "publishing": publishing.measure,
    "memory": memory.measure,
    "deciding": deciding.measure,
    "enqueuing": enqueuing.measure,
    "starting": starting.measure,
    "consuming": consuming.measure,
    "scopes": consuming.two_scopes,
}


def main() -> int:
    """0: every row was measured, whether or not its goal is reached."""
    options, figures = _options(), list[Figure]()
    started = time.monotonic()
    for measured in _measured(options):
        print(report.table(measured), flush=True)
        figures = sorted([*figures, *measured], key=lambda each: list(GOALS).index(each.key))
        report.written(figures, options.out)
    print(report.standings(figures))
    print(f"{options.out}  {time.monotonic() - started:.0f} s")
    return int(any(each.value is None for each in figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench-stream", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes: shows that it runs, measures nothing"
    )
    parser.add_argument("--only", choices=sorted(SECTIONS), action="append", help="a section, not all")
    parser.add_argument("--out", type=Path, default=report.OUT, help="the JSON file")
    return parser.parse_args()


def _measured(options: argparse.Namespace) -> Iterator[list[Figure]]:
    """The figures of each section, each on a server of its own."""
    sizes = QUICK if options.quick else Sizes()
    for name in options.only or SECTIONS:
        with tempfile.TemporaryDirectory(prefix="clm-bench-") as home, Embedded(Path(home)) as url:
            print(f"measuring {name} ...", file=sys.stderr)
            figures = _attempted(name, url, sizes)
        yield figures


def _attempted(name: str, url: str, sizes: Sizes) -> list[Figure]:
    """The figures of a section; each that it owes is there, without a value where it broke."""
    figures: dict[str, Figure] = {}
    fault = "the section did not yield it"
    try:
        figures = {each.key: each for each in SECTIONS[name](url, sizes)}
    except Exception as error:  # noqa: BLE001 - one broken section must not hide the others' figures
        traceback.print_exc()
        fault = repr(error)
    owed = [key for key, goal in GOALS.items() if goal.section == name]
    return [figures.get(key) or Figure(key, None, {"error": fault}) for key in owed]


if __name__ == "__main__":
    sys.exit(main())
