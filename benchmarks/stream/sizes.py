"""How much is measured: enough to trust, or just enough to see that everything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Of one run; events per pass unless said otherwise."""

    passes: int = 5  # over each ratio; the median counts
    warm_bars: int = 400  # fill the windows of 288 pairs of every symbol and model type
    batched: int = 2_000_000
    single: int = 200_000
    handled: int = 100_000  # by FastStream's batch subscriber
    handled_alone: int = 5_000  # by FastStream, one message at a time
    acknowledged: int = 30_000  # by the naive consumer
    stored: int = 200_000  # whose memory is looked at
    published: int = 20_000  # publish calls
    decided: int = 1_000  # commands whose decision is waited for
    enqueued: int = 200  # commands whose job is waited for
    started: int = 40  # jobs of each kind of worker


QUICK = Sizes(
    passes=1,
    warm_bars=300,
    batched=20_000,
    single=2_000,
    handled=1_000,
    handled_alone=100,
    acknowledged=500,
    stored=5_000,
    published=500,
    decided=30,
    enqueued=10,
    started=3,
)
"""Its figures mean nothing."""
