"""A figure of the training bench."""

from __future__ import annotations

from benchmarks.stream import figure
from benchmarks.stream.goals import Goal
from benchmarks.train.goals import GOALS


class Figure(figure.Figure):
    """A key of this bench's ``GOALS`` with its value."""

    @property
    def goal(self) -> Goal:
        """What it must come to."""
        return GOALS[self.key]
