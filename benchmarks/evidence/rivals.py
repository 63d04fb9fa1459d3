"""The rules that ``sequential`` is measured beside: the specification's, and River's detectors."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

DAY_OF_PAIRS = 288


class SeedShadow:
    """Policy ``seed``: after 24 hours, a lower mean absolute error and no lower directional accuracy."""

    def __init__(self, *_: Any) -> None:
        self._sums = np.zeros(4)
        self._rows = 0

    def update(self, active: float, candidate: float, hit: float, candidate_hit: float) -> str:
        """Fold one pair."""
        self._rows += 1
        self._sums += (abs(active), abs(candidate), hit, candidate_hit)
        if self._rows < DAY_OF_PAIRS:
            return "continue"
        better = self._sums[1] < self._sums[0] and self._sums[3] >= self._sums[2]
        return "promote" if better else "reject"


class SeedDecay:
    """Policy ``seed``: accuracy over a full window of pairs more than 5 points below the baseline's."""

    def __init__(self, baseline: float, window: int = 288, drop: float = 0.05) -> None:
        self._limit, self._window = (baseline - drop) * window, window
        self._hits: deque[float] = deque()
        self._sum = 0.0

    def update(self, hit: float) -> bool:
        """Fold one hit; whether the condition holds."""
        self._hits.append(hit)
        self._sum += hit
        if len(self._hits) > self._window:
            self._sum -= self._hits.popleft()
        return len(self._hits) == self._window and self._sum < self._limit - 1e-9


class River:
    """One of River's detectors over misses (0 or 1); an alarm where it reports a drift."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._detector = make()

    def update(self, hit: float) -> bool:
        """Fold one hit; whether it raises an alarm."""
        self._detector.update(1.0 - hit)
        return bool(self._detector.drift_detected)


def river() -> dict[str, Callable[[], River]]:
    """River's detectors by name; empty where River is not installed (``pip install river``)."""
    try:
        from river import drift
        from river.drift import binary
    except ImportError:
        return {}
    makers: dict[str, Callable[[], Any]] = {
        "ADWIN .05": partial(drift.ADWIN, delta=0.05),  # about one false alarm a year
        "ADWIN .002": drift.ADWIN,
        "Page-Hinkley": drift.PageHinkley,
        "DDM": binary.DDM,
        "KSWIN": partial(drift.KSWIN, seed=1),
    }
    return {name: partial(River, make) for name, make in makers.items()}
