"""Two hundred random SIGKILLs: no event is lost or counted twice, and the log is that of a quiet run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path

from tests.faults.bus.arena import Arena
from tests.faults.bus.campaign import Campaign, Plan
from tests.faults.bus.judge import Judgement, judged
from tests.faults.bus.report import Row
from tests.faults.bus.server import Server
from tests.faults.bus.troupe import Troupe

PLAN = Plan(seed=20, bars=1900, kills=200, seconds=90.0)
SCOPES = 4
EVENTS = 1_000_000
VARIABLES = {"CLM_LEASE_S": "2", "CLM_CHECKPOINT_SECONDS": "1"}
"""Saved often, so that most kills leave a state behind to be taken up and entries to be read again."""


def campaign(plan: Plan, scopes: int, server: Server, directory: Path) -> tuple[Campaign, list[Judgement]]:
    """A plan carried out on a server that runs, and what is found in each scope after it."""
    names = [f"bus-{number}" for number in range(scopes)]
    arenas = [Arena(directory / name, server.url, name, VARIABLES) for name in names]
    with Troupe({each.scope: each for each in arenas}) as troupe:
        done = Campaign(plan, arenas, troupe)
        done.run()
    return done, _judged(done)


def _judged(done: Campaign) -> list[Judgement]:
    fresh = [replace(front.arena) for front in done.fronts.values()]  # without its connections
    tallies = [front.feed.tally for front in done.fronts.values()]
    with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
        return list(pool.map(judged, fresh, tallies))


def rows(server: Server, directory: Path, plan: Plan = PLAN) -> list[Row]:
    """The figures of a campaign."""
    begun = time.monotonic()
    with server:
        done, found = campaign(plan, SCOPES, server, directory)
    facts = {
        "plan": asdict(plan),
        "killed": done.kills,
        "scopes": [dict(each.facts) for each in found],
        "seconds": {**done.seconds, "in all": time.monotonic() - begun},
    }
    delivered = sum(each.facts["delivered"] for each in found)
    return [
        Row("kills", sum(done.kills.values()), ">=", plan.kills, facts),
        Row("kill_events", delivered, ">=", EVENTS),
        _none("kill_count_errors", [line for each in found for line in each.counts]),
        _none("kill_log_differences", [line for each in found for line in each.log]),
        _none("kill_state_differences", [line for each in found for line in each.state]),
        _none("kill_not_exactly_once", [line for each in found for line in each.twice]),
    ]


def _none(key: str, faults: Sequence[str]) -> Row:
    return Row(key, len(faults), "==", 0, {"faults": list(faults)})
