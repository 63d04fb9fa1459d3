"""A trader's loop in a process of its own: so many events a second, each call timed.

``python -m tests.faults.bus.trader '{"url": ..., "scope": ..., "spool": ..., "rate": 1000, "seconds": 96}'``
prints what it saw as JSON. Without a url every call is an empty one: the same loop, for comparison.
"""

from __future__ import annotations

import json
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from producers import EventPublisher
from tests.faults.bus.feed import START, SYMBOLS

CLOSE_S = 20.0


@dataclass(frozen=True)
class Seen:
    """What a loop saw."""

    begun: float  # monotonic clock at the first call, seconds
    spent: Sequence[int]  # ns, of each call
    published: int = 0  # events that the server has acknowledged
    dropped: int = 0
    failed: int = 0
    waiting: int = 0  # neither acknowledged nor dropped when the trader ended


def run(rate: int, seconds: float, url: str = "", scope: str = "default", spool: str = "") -> Seen:
    """The loop in this process."""
    if not url:
        return Seen(time.monotonic(), _loop(_nothing, rate, seconds).tolist())
    publisher = EventPublisher(url, scope, spool_dir=spool)
    begun = time.monotonic()
    spent = _loop(_prediction_then_outcome(publisher), rate, seconds)
    publisher.close(CLOSE_S)
    stats = publisher.stats
    waiting = stats.pending + stats.spooled
    return Seen(begun, spent.tolist(), stats.published, stats.dropped, stats.failed, waiting)


def _loop(call: Callable[[int], None], rate: int, seconds: float) -> array[int]:
    """Nanoseconds that each call took; one call at each of ``rate`` moments a second."""
    spent = array("q", bytes(8 * round(rate * seconds)))
    begun = time.perf_counter()
    for number in range(len(spent)):
        time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        before = time.perf_counter_ns()
        call(number)
        spent[number] = time.perf_counter_ns() - before
    return spent


def _prediction_then_outcome(publisher: EventPublisher) -> Callable[[int], None]:
    said: list[Any] = [None]

    def call(number: int) -> None:
        if number % 2:
            publisher.outcome(said[0], 0.5, START + number)
        else:
            said[0] = publisher.prediction(
                model_type="lightgbm", version="naive", symbol=SYMBOLS[number // 2 % len(SYMBOLS)],
                at=START + number, horizon=1, value=0.25, naive=0.0,
            )  # fmt: skip

    return call


def _nothing(number: int) -> None:
    """An empty call."""


if __name__ == "__main__":
    print(json.dumps(asdict(run(**json.loads(sys.argv[1])))))
