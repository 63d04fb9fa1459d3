"""What a publish call costs the trader: beside a synchronous XADD by redis-py, bar by bar in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.stream.feed import fields_of
from benchmarks.stream.figure import Figure, ratio, spread
from benchmarks.stream.percentiles import percentile, percentiles
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import connected
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stocked import alone
from benchmarks.stream.tape import PER_BAR
from clm.events import Prediction
from producers import EventPublisher

PAUSE_S = 0.002
"""Between two bars; the flusher sends meanwhile."""

Bar = Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]
"""The calls of one bar, each with its arguments."""


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The row of this section."""
    with EventPublisher(url, "bench-publishing") as publisher:
        bars = _bars(url, publisher)
        passes = [_timed(bars, sizes.published) for _ in range(sizes.passes)]
        if not publisher.flush() or publisher.stats.dropped:
            raise BrokenRun(f"not everything was published: {publisher.stats}")
    medians = {name: [percentile(each[name], 0.5) for each in passes] for name in bars}
    raw: dict[str, Any] = {"unit": "ns, p50 of each pass; the timer alone is in every number"}
    raw |= {name: spread(each) for name, each in medians.items()}
    raw["publish_tail"] = percentiles([ns for each in passes for ns in each["publish"]])
    yield Figure("xadd_over_publish", ratio(medians["xadd"], medians["publish"]), raw)


def _bars(url: str, publisher: EventPublisher) -> Mapping[str, Bar]:
    bar = [each for each in alone(PER_BAR) if isinstance(each, Prediction)]
    client = connected(url)
    return {
        "timer": [(_nothing, _said(each)) for each in bar],
        "publish": [
            (publisher.predictions(each.model_type, each.symbol, each.horizon), _said(each)) for each in bar
        ],
        "xadd": [(client.xadd, ("bench:xadd", fields_of(each))) for each in bar],
    }


def _said(each: Prediction) -> tuple[Any, ...]:
    return each.version, each.at, each.value, each.naive


def _nothing(version: str, at: int, value: float, naive: float) -> None:
    """As many arguments, and no work."""


def _timed(bars: Mapping[str, Bar], wanted: int) -> dict[str, list[int]]:
    """The durations of so many calls of each kind, ns."""
    taken: dict[str, list[int]] = {name: [] for name in bars}
    while len(taken["publish"]) < wanted:
        for name, bar in bars.items():
            taken[name] += _durations(bar)
            time.sleep(PAUSE_S)
    return taken


def _durations(bar: Bar) -> list[int]:
    clock, taken = time.perf_counter_ns, []
    for call, arguments in bar:
        begun = clock()
        call(*arguments)
        taken.append(clock() - begun)
    return taken
