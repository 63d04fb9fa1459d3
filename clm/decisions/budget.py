"""The budget: processor time that the trainings of a scope may take in a day, UTC.

What a run costs is known when it has ended; until then it counts as much as the last of its model type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clm.events import DAY


class Budget:
    """Folds what runs took.

    Parameters:
        per_day: CPU seconds; None: there is no limit, and nothing is counted.

    >>> budget = Budget(100.0)
    >>> budget.ended("xgboost", 0, 60.0)
    >>> budget.spent(1, ["xgboost"]), budget.spent(DAY, [])  # another of them runs; the next day
    (120.0, 0.0)
    """

    def __init__(self, per_day: float | None) -> None:
        self._per_day = per_day
        self._day, self._seconds = 0, 0.0
        self._last: dict[str, float] = {}  # model type -> CPU seconds of its last run

    def ended(self, model_type: str, clock: int, cpu_seconds: float | None) -> None:
        """A run ended at an event clock (µs); None: nobody knows what it took."""
        if self._per_day is None or cpu_seconds is None:
            return
        if clock // DAY != self._day:
            self._day, self._seconds = clock // DAY, 0.0
        self._seconds += cpu_seconds
        self.took(model_type, cpu_seconds)

    def took(self, model_type: str, cpu_seconds: float | None) -> None:
        """A run took so much, which says what the next one will; None: nobody knows."""
        if self._per_day is not None and cpu_seconds is not None:
            self._last[model_type] = cpu_seconds

    def spent(self, clock: int, running: Iterable[str]) -> float:
        """CPU seconds of the clock's day, with those that the running model types may still take."""
        today = self._seconds if clock // DAY == self._day else 0.0
        return today + sum(self.cost(each) for each in running)

    def cost(self, model_type: str) -> float:
        """CPU seconds of a model type's last run; 0 while there was none."""
        return self._last.get(model_type, 0.0)

    def state(self) -> list[Any]:
        """Everything folded, as msgpack can carry it."""
        return [self._day, self._seconds, dict(self._last)]

    def restore(self, state: list[Any]) -> None:
        """Take up a saved state."""
        self._day, self._seconds, self._last = state[0], state[1], dict(state[2])
