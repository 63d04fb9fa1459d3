"""The server is frozen for half a minute, then dead for a whole one: the trader does not notice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.faults.bus.arena import Arena
from tests.faults.bus.report import Row
from tests.faults.bus.server import Server
from tests.faults.bus.trader import Seen
from tests.faults.bus.trading import ended, started
from worker import bootstrap

RATE = 1000  # events a second
PUT_US, MAX_US = 50.0, 1000.0
LATITUDE = 2.0
"""A trader's longest call may last so many times the longest empty call of the same loop."""


@dataclass(frozen=True)
class Absence:
    """How long the server is away, seconds."""

    frozen: float = 30.0
    dead: float = 60.0
    between: float = 2.0  # it is up before, between and after

    @property
    def whole(self) -> float:
        """All of it, from the first event to the last."""
        return self.frozen + self.dead + 3 * self.between


def rows(server: Server, directory: Path, absence: Absence | None = None) -> list[Row]:
    """What the trader's loop saw, and what of its events had an effect."""
    away = absence or Absence()
    with server:
        arena = Arena(directory, server.url, "away")
        bootstrap.redis_stage(arena.settings)  # declares the scope
        trader, empty = started(RATE, away.whole, arena), started(RATE, away.whole)
        phases = _gone_through(server, away)
        seen, nothing = ended(trader), ended(empty)
        facts = bootstrap.facts(arena.stage, arena.settings.policy())
    calls, empty_max = len(seen.spent), _figures(nothing.spent)["max_us"]
    raw = {
        "empty": _figures(nothing.spent),
        **{name: _figures(_during(seen, *phase)) for name, phase in phases.items()},
        "effect": dict(facts),
    }
    errors = abs(calls - calls // 2 - facts["predictions"]) + abs(calls // 2 - facts["joined"])
    return [
        Row("put_p999_us", _figures(seen.spent)["p999_us"], "<=", PUT_US, raw),
        Row("put_max_us", max(seen.spent) / 1000, "<=", max(MAX_US, LATITUDE * empty_max)),
        Row("put_dropped", seen.dropped + seen.failed + seen.waiting, "==", 0),
        Row("put_effect_errors", errors, "==", 0),
    ]


Phase = tuple[float, float]
"""From and to, by the monotonic clock of the machine, seconds."""


def _gone_through(server: Server, away: Absence) -> dict[str, Phase]:
    """The absence, and when the server was what."""
    changes: Sequence[tuple[Callable[[], None], float]] = (
        (server.freeze, away.frozen),
        (server.thaw, away.between),
        (server.kill, away.dead),
        (server.start, away.between),
    )
    marks = [time.monotonic()]
    time.sleep(away.between)
    marks.append(time.monotonic())
    for change, seconds in changes:
        change()
        time.sleep(seconds)
        marks.append(time.monotonic())
    return dict(zip(("up", "frozen", "thawed", "dead", "back"), pairwise(marks), strict=True))


def _during(seen: Seen, begin: float, end: float) -> Sequence[int]:
    """The calls of a phase, ns."""
    first, last = (max(0, round((moment - seen.begun) * RATE)) for moment in (begin, end))
    return seen.spent[first:last]


def _figures(spent: Sequence[int]) -> dict[str, float]:
    """Quantiles of some calls (ns), µs."""
    order = sorted(spent) or [0]
    p50, p999 = (order[min(len(order) - 1, int(share * len(order)))] / 1000 for share in (0.5, 0.999))
    return {"calls": len(spent), "p50_us": p50, "p999_us": p999, "max_us": order[-1] / 1000}
