"""A figure: one measured value beside its goal, with the numbers it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.stream.goals import GOALS, Goal

DIGITS = 4
"""Significant digits that are worth reading."""


@dataclass(frozen=True)
class Figure:
    """A key of ``GOALS`` with its value; None: it could not be measured, and ``raw`` says why."""

    key: str
    value: float | None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def goal(self) -> Goal:
        """What it must come to."""
        return GOALS[self.key]

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.goal.met(self.value)

    def record(self) -> dict[str, Any]:
        """As it stands in the JSON file."""
        return {
            "key": self.key,
            "value": self.value,
            "goal": self.goal.limit,
            "op": self.goal.op,
            "raw": dict(self.raw),
        }


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the ratios of passes that ran one after the other."""
    return shown(median(above / below for above, below in zip(over, under, strict=True)))


def shown(value: float) -> float:
    """Rounded to what is worth reading.

    >>> shown(0.0123456), shown(1234.56)
    (0.01235, 1235.0)
    """
    return float(f"{value:.{DIGITS}g}")


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Passes as they stand in ``raw``."""
    return {"median": shown(median(values)), "passes": [shown(each) for each in values]}
