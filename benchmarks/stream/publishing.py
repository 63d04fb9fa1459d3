"""What a publish call costs the trader: beside a synchronous XADD by redis-py, bar by bar in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.stream.feed import fields_of
from benchmarks.stream.figure import Figure, ratio, spread
from benchmarks.stream.percentiles import percentile, percentiles
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import connected
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stock import alone
from benchmarks.stream.tape import PER_BAR
from clm.events import Prediction
from producers import EventPublisher

if TYPE_CHECKING:
    from redis import Redis

PAUSE_S = 0.002
"""Between two bars; the flusher sends meanwhile."""

Bar = Callable[[], list[int]]
"""Makes the calls of a bar; how long each took, ns."""


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The row of this section."""
    with EventPublisher(url, "bench-publishing") as publisher:
        bars = _bars(connected(url), publisher)
        passes = [_timed(bars, sizes.published) for _ in range(sizes.passes)]
        if not publisher.flush() or publisher.stats.dropped:
            raise BrokenRun(f"not everything was published: {publisher.stats}")
    medians = {name: [percentile(each[name], 0.5) for each in passes] for name in bars}
    raw: dict[str, Any] = {"unit": "ns, p50 of each pass; the timer is in every number"}
    raw |= {name: spread(each) for name, each in medians.items()}
    raw["publish_tail"] = percentiles([ns for each in passes for ns in each["publish"]])
    yield Figure("xadd_over_publish", ratio(medians["xadd"], medians["publish"]), raw)


def _bars(client: Redis, publisher: EventPublisher) -> Mapping[str, Bar]:
    bar = [each for each in alone(PER_BAR) if isinstance(each, Prediction)]
    said = [
        (publisher.predictions(e.model_type, e.symbol, e.horizon), e.version, e.at, e.value, e.naive)
        for e in bar
    ]
    return {
        "timer": partial(_nothing, len(bar)),
        "publish": partial(_publish, said),
        "xadd": partial(_xadd, client, [fields_of(each) for each in bar]),
    }


def _timed(bars: Mapping[str, Bar], wanted: int) -> dict[str, list[int]]:
    """The durations of at least so many calls of each kind."""
    taken: dict[str, list[int]] = {name: [] for name in bars}
    while len(taken["publish"]) < wanted:
        for name, bar in bars.items():
            taken[name] += bar()
            time.sleep(PAUSE_S)
    return taken


def _nothing(calls: int) -> list[int]:
    clock, taken = time.perf_counter_ns, []
    for _ in range(calls):
        begun = clock()
        ended = clock()
        taken.append(ended - begun)
    return taken


def _publish(said: list[tuple[Any, ...]]) -> list[int]:
    """Prepared channels, called as a trader's loop does."""
    clock, taken = time.perf_counter_ns, []
    for say, version, at, value, naive in said:
        begun = clock()
        say(version, at, value, naive)
        ended = clock()
        taken.append(ended - begun)
    return taken


def _xadd(client: Redis, rows: list[dict[bytes, Any]]) -> list[int]:
    """Hash fields, prepared as well."""
    clock, taken = time.perf_counter_ns, []
    for row in rows:
        begun = clock()
        client.xadd("bench:xadd", row)  # type: ignore[arg-type]
        ended = clock()
        taken.append(ended - begun)
    return taken
