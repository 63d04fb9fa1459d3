"""The scoreboard's part on streams of candidates, whose levels a budget tells.

``retries`` are daily candidates on five-minute bars. ``slow`` are those of two symbols of hourly bars, where
two weeks are 672 pairs: one a fortnight for half a year. Every way meets the same errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.evidence import figure
from benchmarks.evidence.bouts import CREDITED, GATED, OPEN, Course, Draw, fought
from benchmarks.evidence.figure import Figure
from clm.decisions.levels import Levels
from clm.policy import E_LOND, LORD, Policy

NONE = "none"
"""Budget of level .05 for every trial."""
OURS = Policy().shadow_budget
WAYS = ((NONE, OPEN), *((budget, entry) for budget in (LORD, E_LOND) for entry in (OPEN, GATED, CREDITED)))
FIVE_MINUTES, HOURLY = Course(), Course(hold=18 * 48, live=14 * 48)
DAILY = {0.0: 0.6, -0.02: 0.2, 0.03: 0.2}
FORTNIGHTLY = {0.0: 0.5, 0.07: 0.5}
"""Shares of the improvements in a mixed stream."""


class Stream:
    """Candidates of one model type, one after the other, by one way.

    Parameters:
        way: budget, and how a candidate enters.
    """

    def __init__(self, way: tuple[str, str], course: Course) -> None:
        self.false = 0
        self.waits: list[int] = []  # live rows until each true promotion
        self.firsts: list[bool] = []  # of each candidate, whether it was promoted
        self._budget, self._entry = way
        self._levels, self._course = Levels(Policy(shadow_budget=OURS if way[0] == NONE else way[0])), course
        self._number = 0

    def meet(self, errors: tuple[object, object], better: float) -> None:
        """A candidate's turn."""
        verdict, rows = fought(errors, self._spent, self._course, self._entry)
        self.firsts.append(verdict == "better")
        if verdict == "better":
            self._levels.won("all", self._number)
            self.false += better <= 0
            self.waits += [rows] * (better > 0)

    def _spent(self) -> float:
        self._number, level = self._levels.spend("all")
        return 0.05 if self._budget == NONE else level


Streams = Sequence[dict[tuple[str, str], Stream]]


def streams(draw: Draw, kinds: Sequence[Sequence[float]], seeds: range, course: Course) -> Streams:
    """A stream of candidates for each seed, by every way."""
    made = []
    for seed, some in zip(seeds, kinds, strict=True):
        each = {way: Stream(way, course) for way in WAYS}
        for trial, better in enumerate(some, 1):
            errors = draw(better, 10_000 + 97 * seed + trial)
            for one in each.values():
                one.meet(errors, better)
        made.append(each)
    return made


def retries(name: str, draw: Draw, seeds: range, most: float, power: float) -> Iterator[Figure]:
    """90 daily candidates: all equal, then 60 % equal, 20 % at -2 % and 20 % at +3 %."""
    equal = streams(draw, [[0.0] * 90 for _ in seeds], seeds, FIVE_MINUTES)
    kinds = [_drawn(DAILY, 90, seed) for seed in seeds]
    mixed = streams(draw, kinds, range(seeds.start + 500_000, seeds.stop + 500_000), FIVE_MINUTES)
    for way in WAYS:
        told, ours = f"{name}, {', '.join(way)}", way[0] == OURS
        false = [each[way].false for each in equal]
        yield figure.mean("retries", f"{told}: false of 90 equal", false, most=most if ours else math.inf)
        yield from _mixed("retries", told, way, mixed, kinds, power if ours else -math.inf)


def slow(name: str, draw: Draw, seeds: range) -> Iterator[Figure]:
    """12 candidates, half of them 7 % better: those found, the first of all, and false promotions."""
    kinds = [_drawn(FORTNIGHTLY, 12, seed) for seed in seeds]
    mixed = streams(draw, kinds, seeds, HOURLY)
    for way in WAYS[1:]:
        told = f"{name}, {', '.join(way)}"
        first = [each[way].firsts[0] for each, some in zip(mixed, kinds, strict=True) if some[0] > 0]
        yield figure.mean("slow", f"{told}: found if it is the first", first)
        yield from _mixed("slow", told, way, mixed, kinds, -math.inf)


def _mixed(
    part: str, told: str, way: tuple[str, str], mixed: Streams, kinds: Sequence[Sequence[float]], power: float
) -> Iterator[Figure]:
    ended = [each[way] for each in mixed]
    share = [one.false / max(one.false + len(one.waits), 1) for one in ended]
    most = 0.05 if way[0] == OURS else math.inf
    yield figure.mean(part, f"{told}: false share of promotions", share, most=most)
    better = [sum(each > 0 for each in some) for some in kinds]
    found = [len(one.waits) / count for one, count in zip(ended, better, strict=True) if count]
    yield figure.mean(part, f"{told}: better ones found", found, least=power)
    waited = [rows for one in ended for rows in one.waits]
    yield figure.median(part, f"{told}: live rows until found", waited)


def _drawn(shares: dict[float, float], count: int, seed: int) -> list[float]:
    kinds, chances = list(shares), list(shares.values())
    return [float(each) for each in np.random.default_rng([5, seed]).choice(kinds, count, p=chances)]
