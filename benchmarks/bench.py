"""What the benches have in common: sections one after the other, a table of each, and one JSON file."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stream import report
from benchmarks.stream.figure import Figure
from benchmarks.stream.goals import Goal

Measure = Callable[[str, frozenset[str]], Iterable[Figure]]
"""The figures of a section, by its name, of which some keys are wanted."""


@dataclass(frozen=True)
class Bench:
    """A bench by its goals; each goal names the section that measures it."""

    name: str  # of its make target
    about: str
    goals: Mapping[str, Goal]
    figure: type[Figure]
    out: Path  # the JSON file, where no other is asked for

    def parser(self) -> argparse.ArgumentParser:
        """The options that every bench has."""
        parser = argparse.ArgumentParser(prog=self.name, description=self.about)
        tiny = "tiny sizes: shows that it runs, measures nothing"
        parser.add_argument("--quick", action="store_true", help=tiny)
        names = sorted({goal.section for goal in self.goals.values()} | set(self.goals))
        parser.add_argument("--only", choices=names, action="append", help="a section or a row, not all")
        parser.add_argument("--out", type=Path, default=self.out, help="the JSON file")
        return parser

    def wanted(self, only: Iterable[str] | None) -> dict[str, frozenset[str]]:
        """Section -> the keys that are to be measured, in the order of the goals."""
        names, found = set(only or ()), dict[str, frozenset[str]]()
        for key, goal in self.goals.items():
            if not names or names & {key, goal.section}:
                found[goal.section] = found.get(goal.section, frozenset()) | {key}
        return found

    def run(self, options: argparse.Namespace, measure: Measure) -> int:
        """Measure what is wanted; 0: every row was measured, whether or not its goal is reached."""
        figures, started = list[Figure](), time.monotonic()
        for section, keys in self.wanted(options.only).items():
            print(f"measuring {section} ...", file=sys.stderr)
            since = time.monotonic()
            measured = self._attempted(section, keys, measure)
            print(report.table(measured), flush=True)
            print(f"{section} took {time.monotonic() - since:.0f} s", file=sys.stderr)
            figures = sorted([*figures, *measured], key=lambda each: list(self.goals).index(each.key))
            report.written(figures, options.out)
        print(report.standings(figures))
        print(f"{options.out}  {time.monotonic() - started:.0f} s")
        return int(any(each.value is None for each in figures))

    def _attempted(self, section: str, keys: frozenset[str], measure: Measure) -> list[Figure]:
        """The figures of a section; each that it owes is there, without a value where it broke."""
        figures: dict[str, Figure] = {}
        fault = "the section did not yield it"
        try:
            for each in measure(section, keys):
                figures[each.key] = each
        except Exception as error:  # noqa: BLE001 - one broken section must not hide the others' figures
            traceback.print_exc()
            fault = repr(error)
        owed = [key for key in self.goals if key in keys]
        return [figures.get(key) or self.figure(key, None, {"error": fault}) for key in owed]
