"""How much is measured: enough to trust, or just enough to see that everything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Of one run."""

    passes: int = 5  # over each ratio; the median counts
    bars: int = 25_920  # of a symbol: 90 days of five minutes
    steps_512: int = 20  # of a network of 512 units
    steps_128: int = 50  # of one of 128


QUICK = Sizes(passes=1, bars=1_000, steps_512=2, steps_128=2)
"""Its figures mean nothing."""
