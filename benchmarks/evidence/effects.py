"""The effect between two versions: how often its interval leaves the truth out, when it tells them apart."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.evidence import figure, halves
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import HORIZON, WORLDS, pair
from clm.decisions.sequential.effect import LEAST_BLOCKS, UNDECIDED, effect

LOOK = 48
"""Rows between two looks."""
LEVEL = 0.05


def effects(seeds: range) -> Iterator[Figure]:
    """Two weeks of pairs, looked at every four hours."""
    for name in ("base", "loose", "overlap", "swing3h"):
        for truth in (0.0, -0.02, -0.05):
            found = [_looked(name, truth, seed) for seed in (seeds if truth else halves.rare(seeds))]
            told = f"{name} {truth:+.0%}"
            wrong = [left for left, _, _ in found]
            yield figure.mean("effect", f"{told}: truth ever outside", wrong, most=LEVEL)
            yield figure.mean("effect", f"{told}: half the interval at the end", [w for *_, w in found])
            if truth:
                yield figure.median(
                    "effect", f"{told}: rows until told apart", [rows for _, rows, _ in found]
                )


def _looked(name: str, truth: float, seed: int) -> tuple[bool, float, float]:
    """Whether the truth ever was outside, rows until told apart, and half the last interval."""
    first, second = (np.abs(each) for each in pair(name, -truth, seed, HORIZON))
    overlap, apart, outside, half = WORLDS[name].overlap, math.inf, False, math.inf
    for rows in range(LEAST_BLOCKS * max(12, overlap), HORIZON + 1, LOOK):
        found = effect(first[:rows], second[:rows], overlap, LEVEL)
        outside |= not found.low <= truth <= found.high
        apart = min(apart, rows) if found.better != UNDECIDED else apart
        half = (found.high - found.low) / 2
    return outside, apart, half
