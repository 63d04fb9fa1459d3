"""Made regime labels: the truth, and what a detector of a known kind of error says of it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

MONTH, DWELL, REGIMES = 30 * 288, 1440, 3
"""Five-minute bars in a month, mean bars in a regime, number of regimes."""
NOISES = {"iid 10 %": (0.10, 0.0), "bursts of 4": (0.15, 4.0), "bursts of 12": (0.15, 12.0)}
"""Share of wrong labels, and mean length of a burst of them (0: each for itself)."""


def labels(noise: str, replicate: int, rows: int = MONTH) -> tuple[Any, Any, Any]:
    """True and seen labels and hours of the day (rows,)."""
    wrong, burst = NOISES[noise]
    rng = np.random.default_rng([replicate, list(NOISES).index(noise)])
    starts = rng.random(rows) < (wrong / (burst * (1 - wrong)) if burst else wrong)
    moves, draws = rng.random(rows) < 1 / DWELL, rng.integers(1, REGIMES, (2, rows))
    lengths = rng.exponential(burst or 1.0, rows).astype(int) + 1 if burst else np.ones(rows, dtype=int)
    true, seen = np.empty(rows, dtype=int), np.empty(rows, dtype=int)
    state, left, error = int(rng.integers(REGIMES)), 0, 0
    for i in range(rows):
        if moves[i]:
            state = (state + draws[0, i]) % REGIMES
        if left == 0 and starts[i]:
            left, error = lengths[i], (state + draws[1, i]) % REGIMES
        true[i], seen[i] = state, error if left else state
        left = max(left - 1, 0)
    return true, seen, np.arange(rows) // 12 % 24


def judged(true: Any, said: Any) -> dict[str, Any]:
    """False switches, delays (rows) of the true ones (inf: never) and accuracy."""
    switches = np.flatnonzero(said[1:] != said[:-1]) + 1
    changes = [*(np.flatnonzero(true[1:] != true[:-1]) + 1), len(true)]
    delays = []
    for start, stop in itertools.pairwise(changes):
        right = np.flatnonzero(said[start:stop] == true[start])
        delays.append(float(right[0]) if len(right) else np.inf)
    return {
        "false": int((said[switches] != true[switches]).sum()),
        "delays": delays,
        "accuracy": float((said == true).mean()),
    }
