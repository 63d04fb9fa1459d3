"""Forecasts: what a version that is not served said beside the one that is, until the outcomes are known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from clm.decisions.join import MAX_PENDING, Pair
from clm.events import Prediction


@dataclass(eq=False)
class Forecasts:
    """Waits for outcomes; as many at most as the join keeps predictions."""

    waiting: dict[tuple[str, int], tuple[float, str]] = field(default_factory=dict)  # id -> value, regime
    unscored: int = 0  # predictions without enough history

    def keep(self, event: Prediction, value: float | None, regime: str) -> None:
        """Keep what was said (target units) beside a prediction; None: nothing."""
        if value is None:
            self.unscored += 1
            return
        self.waiting[event.p, event.n] = value, regime
        if len(self.waiting) > MAX_PENDING:  # the join has given the prediction up as well
            del self.waiting[next(iter(self.waiting))]

    def take(self, pair: Pair) -> tuple[float, str] | None:
        """Value and regime of what was said beside a pair's prediction; None: nothing, or taken already."""
        return self.waiting.pop((pair.prediction.p, pair.prediction.n), None)

    def state(self) -> list[list[Any]]:
        """Those that wait, as msgpack can carry them."""
        return [[*key, *value] for key, value in self.waiting.items()]

    @classmethod
    def restored(cls, rows: Iterable[Iterable[Any]], unscored: int) -> Forecasts:
        """From a saved state."""
        return cls({(p, n): (value, regime) for p, n, value, regime in rows}, unscored)
