"""Percentiles of durations, as they stand in ``raw``."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.stream.figure import shown

WANTED = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


def percentile(values: Sequence[float], fraction: float) -> float:
    """The nearest rank.

    >>> percentile([3, 1, 2], 0.5)
    2
    """
    return sorted(values)[min(int(fraction * len(values)), len(values) - 1)]


def percentiles(values: Sequence[float], scale: float = 1.0) -> dict[str, float]:
    """The wanted percentiles of values times ``scale``, and how many values there were."""
    found = {name: shown(percentile(values, fraction) * scale) for name, fraction in WANTED.items()}
    return {**found, "n": len(values)}
