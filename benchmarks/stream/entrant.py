"""Entrants: rivals with the lap that each runs, and what a lap costs them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace

from benchmarks.stream.course import Course, Lap
from benchmarks.stream.faststream_peer import SINGLE
from benchmarks.stream.rival import BrokenRun, Rival
from benchmarks.stream.scene import connected
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stock import Stock, course, handed, recording, shortened
from clm.policy import SEED

RECORDS = ("1000", "5000")
"""What FastStream's batch subscriber may read at once; the better one counts."""

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Entrant:
    """A rival and its lap."""

    rival: Rival
    lap: Lap

    def cost(self) -> float:
        """CPU of one lap, µs per event."""
        spent: float = self.rival.run(self.lap)["cpu_s"]
        return spent * MICROSECONDS / self.lap.events


def watcher(stack: ExitStack, stock: Stock) -> Entrant:
    """A watcher that is warm: its windows are full, and whatever it compiles is compiled.

    Raises:
        BrokenRun: it did not join and decide what the tape says.
    """
    entrant = Entrant(stack.enter_context(Rival("watcher", stock.course)), stock.warm)
    entrant.rival.run(stock.warm)
    lap, recorded = stock.play(), stock.recorded
    result = entrant.rival.run(lap)
    seen, due = (result["joined"], result["decided"]), (recorded.joined, recorded.decided)
    if seen != due:
        raise BrokenRun(f"the watcher joined and decided {seen} in {stock.course.stream}; the tape has {due}")
    return replace(entrant, lap=lap)


def consumers(stack: ExitStack, url: str, sizes: Sizes) -> dict[str, Entrant]:
    """Everybody who is compared, by name."""
    client = connected(url)
    batched, single = (
        Stock(client, course(url, f"bench-{per_entry}"), recording(per_entry, sizes.warm_bars, events))
        for per_entry, events in ((1000, sizes.batched), (1, sizes.single))
    )
    seed = Stock(client, course(url, "bench-seed", SEED), batched.recorded)
    ours = {
        "watcher": watcher(stack, batched),
        "watcher_seed": watcher(stack, seed),
        "watcher_single": watcher(stack, single),
    }
    lap, lap_single = ours["watcher"].lap, ours["watcher_single"].lap
    theirs = Course(url, "", "bench:faststream")
    given = handed(client, theirs, sizes.handled)
    few = shortened(client, theirs, given, sizes.handled_alone)
    naive = shortened(client, single.course, lap_single, sizes.acknowledged)
    others: dict[str, tuple[str, Course, Lap]] = {
        "transport": ("transport", batched.course, lap),
        "transport_redis_py": ("client", batched.course, lap),
        "transport_hiredis": ("parser", batched.course, lap),
        "transport_single": ("transport", single.course, lap_single),
        **{f"faststream_{each}": ("faststream", replace(theirs, variant=each), given) for each in RECORDS},
        "faststream_single": ("faststream", replace(theirs, variant=SINGLE), few),
        "naive": ("naive", single.course, naive),
    }
    peers = {
        name: Entrant(stack.enter_context(Rival(kind, on)), own) for name, (kind, on, own) in others.items()
    }
    return {**ours, **peers}
