"""The rules that ``sequential`` is measured beside: the specification's, and River's detectors."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from clm.decisions.sequential.skill_score import FORECAST_CLIP, OUTCOME_CLIP

DAY_OF_PAIRS = 288
CALIBRATED = "as calm: "
"""Begins the names of detectors that are held to the rate of false alarms of this project's."""
FURTHEST = FORECAST_CLIP * OUTCOME_CLIP
"""A skill score lies between this and its negative."""


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

    wants_scores = False

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
    """One of River's detectors over misses (0 or 1), or over losses of skill scores brought into [0, 1]."""

    def __init__(self, make: Callable[[], Any], *, wants_scores: bool = False) -> None:
        self._detector = make()
        self.wants_scores = wants_scores

    def update(self, seen: float) -> bool:
        """Fold one hit or score; whether a drift is reported."""
        self._detector.update(0.5 - seen / (2 * FURTHEST) if self.wants_scores else 1.0 - seen)
        return bool(self._detector.drift_detected)


def river() -> dict[str, Callable[[], River]]:
    """River's detectors by name; empty where River is not installed (``pip install river``).

    Those that are held to a rate raise .59 false alarms a year at an accuracy of .55, as ``Decay`` does;
    their constants were chosen on the tuning half, 200 replicates.
    """
    try:
        from river import drift
        from river.drift import binary
    except ImportError:
        return {}
    over_hits: dict[str, Callable[[], Any]] = {
        "ADWIN": drift.ADWIN,
        "Page-Hinkley": drift.PageHinkley,
        "DDM": binary.DDM,
        "KSWIN": partial(drift.KSWIN, seed=1),
        f"{CALIBRATED}ADWIN": partial(drift.ADWIN, delta=0.033),
        f"{CALIBRATED}Page-Hinkley": partial(drift.PageHinkley, threshold=149.0),
        f"{CALIBRATED}DDM": partial(binary.DDM, drift_threshold=2.6),
    }
    makers = {name: partial(River, make) for name, make in over_hits.items()}
    over_scores = partial(River, partial(drift.ADWIN, delta=0.37), wants_scores=True)
    return {**makers, f"{CALIBRATED}ADWIN over scores": over_scores}


class Majority:
    """A label that at least so many of the newest labels are; the rule of the study before this project."""

    def __init__(self, labels: int = 144, share: float = 0.6) -> None:
        self._newest: deque[str] = deque()
        self._counts: Counter[str] = Counter()
        self._labels, self._least = labels, share * labels
        self._confirmed = ""

    def update(self, label: str, *_: Any) -> str:
        """Fold one label (confidence and hour say nothing); the confirmed one, the first at first."""
        self._confirmed = self._confirmed or label
        self._newest.append(label)
        self._counts[label] += 1
        if len(self._newest) > self._labels:
            self._counts[self._newest.popleft()] -= 1
        most, count = self._counts.most_common(1)[0]
        if len(self._newest) == self._labels and count >= self._least:
            self._confirmed = most
        return self._confirmed
