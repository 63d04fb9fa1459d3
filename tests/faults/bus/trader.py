"""A trader's loop in a process of its own: so many events a second, each call timed.

``python -m tests.faults.bus.trader '{"url": ..., "scope": ..., "spool": ..., "rate": 1000, "seconds": 96}'``
prints the figures as JSON. Without a url every call is an empty one: the same loop, for comparison.
"""

from __future__ import annotations

import json
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from producers import EventPublisher
from tests.faults.bus.feed import START, SYMBOLS

CLOSE_S = 20.0


@dataclass(frozen=True)
class Figures:
    """What a loop saw."""

    calls: int
    p50_us: float
    p999_us: float
    max_us: float
    published: int  # events that the server has acknowledged
    dropped: int
    failed: int
    waiting: int  # neither acknowledged nor dropped when the trader ended


def main(
    url: str = "", scope: str = "default", spool: str = "", rate: int = 1000, seconds: float = 1.0
) -> None:
    """Run the loop and print what it saw."""
    if not url:
        print(json.dumps(asdict(_figures(_loop(_nothing, rate, seconds)))))
        return
    publisher = EventPublisher(url, scope, spool_dir=spool)
    spent = _loop(_prediction_then_outcome(publisher), rate, seconds)
    publisher.close(CLOSE_S)
    print(json.dumps(asdict(_figures(spent, publisher))))


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


def _figures(spent: array[int], publisher: EventPublisher | None = None) -> Figures:
    order = sorted(spent)
    quantile = [order[min(len(order) - 1, int(share * len(order)))] / 1000 for share in (0.5, 0.999)]
    stats = publisher.stats if publisher else None
    return Figures(
        len(order), quantile[0], quantile[1], order[-1] / 1000,
        stats.published if stats else 0, stats.dropped if stats else 0, stats.failed if stats else 0,
        stats.pending + stats.spooled if stats else 0,
    )  # fmt: skip


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
