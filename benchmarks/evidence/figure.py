"""A line of the scoreboard: a figure with its Monte-Carlo error beside what it has to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Figure:
    """One measured figure."""

    part: str
    name: str
    value: float
    error: float  # standard error over replicates; NaN where none is known
    replicates: int
    most: float = math.inf  # goal
    least: float = -math.inf  # goal

    @property
    def holds(self) -> str:
        """``yes`` or ``NO`` where there is a goal."""
        if self.most == math.inf and self.least == -math.inf:
            return ""
        return "yes" if self.least <= self.value <= self.most else "NO"

    def __str__(self) -> str:
        goal = " ".join(
            [f">= {self.least:.3g}"] * (self.least > -math.inf)
            + [f"<= {self.most:.3g}"] * (self.most < math.inf)
        )
        error = "" if math.isnan(self.error) else f"± {self.error:.3g}"
        head = f"{self.part:10s} {self.name:52s} {self.value:9.4g} {error:9s}"
        return f"{head} n={self.replicates:<5d} {goal:17s} {self.holds}".rstrip()


def mean(
    part: str, name: str, values: Sequence[float], *, most: float = math.inf, least: float = -math.inf
) -> Figure:
    """The mean over replicates."""
    array = np.asarray(values, dtype=float)
    error = float(array.std(ddof=1) / math.sqrt(len(array))) if len(array) > 1 else math.nan
    return Figure(part, name, float(array.mean()), error, len(array), most, least)


def median(part: str, name: str, values: Sequence[float], *, most: float = math.inf) -> Figure:
    """The median over replicates, its error from the order statistics around it."""
    array = np.sort(np.asarray(values, dtype=float))
    if not len(array):
        return Figure(part, name, math.nan, math.nan, 0, most)
    half = math.sqrt(len(array)) / 2
    low, high = (array[min(max(round(len(array) / 2 + side * half), 0), len(array) - 1)] for side in (-1, 1))
    error = float(high - low) / 2 if math.isfinite(high) else math.nan
    return Figure(part, name, float(np.median(array)), error, len(array), most)


def known_to_be(found: Figure, value: float) -> Figure:
    """A figure that was published with as many replicates: within three errors of both it is the same."""
    slack = 3.0 * math.sqrt(2.0) * found.error
    return replace(found, most=value + slack, least=value - slack)
