"""What consuming an event costs: the watcher beside the bare transport, FastStream and a naive consumer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

from benchmarks.stream.entrant import MICROSECONDS, RECORDS, Entrant, consumers, watcher
from benchmarks.stream.figure import Figure, ratio, spread
from benchmarks.stream.scene import connected
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stock import Stock, course, recording

UNIT = "CPU µs per event"
TURNS = 3
"""Times as many passes where the ratio is close to its goal and a pass is short."""


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The rows of the watcher beside its peers."""
    with ExitStack() as stack:
        entrants = consumers(stack, url, sizes)
        costs = _raced(entrants, sizes.passes)
    best = min((f"faststream_{each}" for each in RECORDS), key=lambda name: median(costs[name]))
    events = {name: each.lap.events for name, each in entrants.items()}
    raw = {"unit": UNIT, **{name: spread(each) for name, each in costs.items()}, "events": events}
    yield Figure("consumer_over_transport", ratio(costs["watcher"], costs["transport"]), raw)
    for key, ours in (
        ("faststream_over_consumer", "watcher"),
        ("faststream_like_for_like", "watcher_single"),
    ):
        yield Figure(key, ratio(costs[best], costs[ours]), _beside(costs, best, costs[ours]))


def two_scopes(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The row of two scopes in two processes at once, beside one alone."""
    client = connected(url)
    with ExitStack() as stack:
        recorded = recording(1000, sizes.warm_bars, sizes.batched)
        stocks = [Stock(client, course(url, f"bench-{name}"), recorded) for name in ("a", "b")]
        pair = [watcher(stack, stock) for stock in stocks]
        alone: list[float] = []
        both: list[float] = []
        for number in range(TURNS * sizes.passes):
            alone.append(pair[number % 2].cost())
            both.append(_at_once(pair))
    raw = {"unit": UNIT, "one": spread(alone), "two": spread(both)}
    yield Figure("two_scopes_over_one", ratio(both, alone), raw)


def _raced(entrants: dict[str, Entrant], passes: int) -> dict[str, list[float]]:
    """What each lap cost, in turns; a first turn, which warms imports and caches, does not count."""
    costs: dict[str, list[float]] = {name: [] for name in entrants}
    for number in range(passes + 1):
        for name, each in entrants.items():
            cost = each.cost()
            costs[name] += [cost] if number else []
    return costs


def _beside(costs: dict[str, list[float]], best: str, ours: list[float]) -> dict[str, Any]:
    """What else stands beside FastStream's better batch subscriber."""
    return {
        "counts": best,
        "one_message_at_a_time": ratio(costs["faststream_single"], ours),
        "naive_redis_py": ratio(costs["naive"], ours),
    }


def _at_once(pair: list[Entrant]) -> float:
    """CPU of both over the events of both, µs per event."""
    for each in pair:
        each.rival.start(each.lap)
    spent: float = sum(each.rival.wait()["cpu_s"] for each in pair)
    return spent * MICROSECONDS / sum(each.lap.events for each in pair)
