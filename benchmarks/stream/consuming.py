"""What consuming an event costs: the watcher beside the bare transport, FastStream and a naive consumer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from benchmarks.stream.course import Course, Lap
from benchmarks.stream.faststream_peer import SINGLE
from benchmarks.stream.figure import Figure, ratio, shown, spread
from benchmarks.stream.rival import BrokenRun, Rival, cpu_per_event
from benchmarks.stream.scene import connected
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stocked import Stocked, course, handed, shortened, stocked

RECORDS = ("1000", "5000")
"""What FastStream's batch subscriber may read at once; the better one counts."""

Costs = dict[str, list[float]]
"""CPU by contender, µs per event, a number per pass."""


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section."""
    costs, shows = _raced(url, sizes)
    best = min((f"faststream_{each}" for each in RECORDS), key=lambda name: spread(costs[name])["median"])
    raw = {"unit": "CPU µs per event", **{name: spread(each) for name, each in costs.items()}, **shows}
    watcher, single = costs["watcher"], costs["watcher_single"]
    yield Figure("consumer_over_transport", ratio(watcher, costs["transport"]), raw)
    yield Figure(
        "faststream_over_consumer",
        ratio(costs[best], watcher),
        {
            "best": best,
            "single_handler": ratio(costs["faststream_single"], watcher),
            "naive_redis_py": ratio(costs["naive"], watcher),
        },
    )
    yield Figure(
        "faststream_like_for_like",
        ratio(costs[best], single),
        {
            "best": best,
            "single_handler": ratio(costs["faststream_single"], single),
            "naive_redis_py": ratio(costs["naive"], single),
        },
    )


def _raced(url: str, sizes: Sizes) -> tuple[Costs, dict[str, Any]]:
    client = connected(url)
    batched = stocked(client, course(url, "bench-batched"), 1000, (sizes.warm_bars, sizes.batched))
    single = stocked(client, course(url, "bench-single"), 1, (sizes.warm_bars, sizes.single))
    theirs = Course(url, "", "bench:faststream")
    lap = handed(client, theirs, sizes.handled)
    lone = shortened(client, theirs, lap, sizes.handled_alone)
    naive = shortened(client, single.course, single.lap, sizes.acknowledged)
    field: dict[str, tuple[str, Course, Lap]] = {
        "watcher": ("watcher", batched.course, batched.lap),
        "transport": ("transport", batched.course, batched.lap),
        "transport_redis_py": ("client", batched.course, batched.lap),
        "transport_hiredis": ("parser", batched.course, batched.lap),
        "watcher_single": ("watcher", single.course, single.lap),
        "transport_single": ("transport", single.course, single.lap),
        **{f"faststream_{each}": ("faststream", replace(theirs, variant=each), lap) for each in RECORDS},
        "faststream_single": ("faststream", replace(theirs, variant=SINGLE), lone),
        "naive": ("naive", single.course, naive),
    }
    with ExitStack() as stack:
        rivals = {name: stack.enter_context(Rival(kind, on)) for name, (kind, on, _) in field.items()}
        _warmed(rivals["watcher"], batched)
        _warmed(rivals["watcher_single"], single)
        costs: Costs = {name: [] for name in field}
        for number in range(sizes.passes + 1):
            for name, (_, _, own) in field.items():
                cost = cpu_per_event([rivals[name].run(own)], own.events)
                costs[name] += cost if number else []  # the first pass warms imports and caches
    return costs, {"events": {name: own.events for name, (_, _, own) in field.items()}}


def _warmed(watcher: Rival, stock: Stocked) -> dict[str, Any]:
    """Fold the first part, then the lap once: everything that must be compiled is, every window is full."""
    watcher.run(stock.warm)
    result = watcher.run(stock.lap)
    checked(result, stock)
    return result


def checked(result: dict[str, Any], stock: Stocked) -> None:
    """Raises BrokenRun unless the watcher joined and decided what the tape says."""
    seen, due = (result["joined"], result["decided"]), (stock.joined, stock.decided)
    if seen != due:
        raise BrokenRun(f"the watcher joined and decided {seen} in {stock.course.stream}; the tape has {due}")


def two_scopes(url: str, sizes: Sizes) -> Iterator[Figure]:
    """Two scopes in two processes at once beside one alone."""
    client = connected(url)
    stocks = [
        stocked(client, course(url, f"bench-scope-{number}"), 1000, (sizes.warm_bars, sizes.batched))
        for number in (1, 2)
    ]
    with ExitStack() as stack:
        rivals = [stack.enter_context(Rival("watcher", stock.course)) for stock in stocks]
        for rival, stock in zip(rivals, stocks, strict=True):
            _warmed(rival, stock)
        alone: list[float] = []
        both: list[float] = []
        for number in range(sizes.passes):
            turn = number % 2
            alone += cpu_per_event([rivals[turn].run(stocks[turn].lap)], stocks[turn].lap.events)
            both.append(_at_once(rivals, stocks))
    raw = {"unit": "CPU µs per event", "one": spread(alone), "two": spread(both)}
    yield Figure("two_scopes_over_one", ratio(both, alone), raw)


def _at_once(rivals: list[Rival], stocks: list[Stocked]) -> float:
    """CPU of both over the events of both, µs per event."""
    for rival, stock in zip(rivals, stocks, strict=True):
        rival.start(stock.lap)
    spent = sum(rival.wait()["cpu_s"] for rival in rivals)
    return shown(spent * 1e6 / sum(stock.lap.events for stock in stocks))
