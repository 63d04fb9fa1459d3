"""The scoreboard's part on the hold-out's credit: what a candidate waits for, with it and without.

The hold-out comes first: its gate lets candidates pass, and with credit its rows count in the trial that
follows. Levels are those of a trial that stands alone, and of one far down a stream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from benchmarks.evidence import figure, halves
from benchmarks.evidence.bouts import CREDITED, GATED, Course, Draw, fought
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import WORLDS, pair

EQUAL = {"base": 0.05, "swing3h": 0.06, "overlap": 0.06}
"""Most equal candidates that may be promoted, by market."""
LEVELS = (0.05, 0.0025)


def made(seeds: range) -> Iterator[Figure]:
    """In made markets."""
    for name, most in EQUAL.items():
        yield equal(name, partial(pair, name), seeds, WORLDS[name].overlap, most)
    yield from waits("base", partial(pair, "base"), seeds, 1)


def equal(name: str, draw: Draw, seeds: range, overlap: int, most: float) -> Figure:
    """Equal candidates with credit, on a hold-out of a week of five-minute bars."""
    course = Course(overlap=overlap)
    ended = [fought(draw(0.0, r), lambda: 0.05, course, CREDITED)[0] for r in halves.rare(seeds)]
    return figure.mean(
        "credit", f"{name} +0%, level .05: promoted", [v == "better" for v in ended], most=most
    )


def waits(name: str, draw: Draw, seeds: range, overlap: int) -> Iterator[Figure]:
    """Those that are better, with credit and without."""
    course = Course(overlap=overlap)
    for better in (0.02, 0.05):
        drawn = [draw(better, r) for r in seeds]
        for level in LEVELS:
            for entry in (GATED, CREDITED):
                ended = [fought(each, partial(float, level), course, entry) for each in drawn]
                won = [rows for verdict, rows in ended if verdict == "better"]
                told = f"{name} {better:+.0%}, level {level:.4g}, {entry}"
                yield figure.mean("credit", f"{told}: promoted", [v == "better" for v, _ in ended])
                yield figure.median("credit", f"{told}: live rows", won or [math.inf])
