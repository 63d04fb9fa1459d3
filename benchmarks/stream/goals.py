"""The goals of the event path: each key, its limit and the sentence behind it, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """What a figure must come to."""

    op: str  # "<=", ">=" or "="
    limit: float  # a ratio, or milliseconds where the key ends in _ms
    section: str  # of the bench, which measures it
    what: str

    def met(self, value: float | None) -> bool:
        """Whether a value reaches it; one that could not be measured does not."""
        if value is None:
            return False
        return {"<=": value <= self.limit, ">=": value >= self.limit, "=": value == self.limit}[self.op]


GOALS: Mapping[str, Goal] = {
    "consumer_over_transport": Goal("<=", 4.0, "consuming", "CPU of the watcher ÷ of a bare read"),
    "faststream_over_consumer": Goal(
        ">=", 150.0, "consuming", "CPU of FastStream ÷ of the watcher, entries of 1,000"
    ),
    "faststream_like_for_like": Goal(">=", 8.0, "consuming", "the same, one event per entry"),
    "xadd_over_publish": Goal(">=", 200.0, "publishing", "p50 of a synchronous XADD ÷ of a publish call"),
    "decision_over_ping": Goal("<=", 6.0, "deciding", "p50 from publish to a logged decision ÷ PING"),
    "enqueued_over_rq": Goal("<=", 1.5, "enqueuing", "publish to job ÷ (publish to decision + RQ's enqueue)"),
    "memory_over_hash": Goal("<=", 0.125, "memory", "bytes per event in batches ÷ as hash fields"),
    "two_scopes_over_one": Goal("<=", 1.1, "scopes", "CPU per event, two scopes at once ÷ one"),
    "warm_start_ms": Goal(
        "<=", 15.0, "starting", "enqueue to the training's first line, p50, recycled process"
    ),
    "fresh_child_ms": Goal("<=", 40.0, "starting", "the same in a fresh child"),
}
