"""The server is frozen for half a minute, then dead for a whole one: the trader does not notice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.crew import ROOT
from tests.faults.bus.arena import Arena
from tests.faults.bus.report import Row
from tests.faults.bus.server import Server
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
        loop = {"rate": RATE, "seconds": away.whole}
        trader, empty = started({**loop, **told(arena)}), started(loop)
        _go_through(server, away)
        seen, nothing = figures(trader), figures(empty)
        facts = bootstrap.facts(arena.stage, arena.settings.policy())
    limit = max(MAX_US, LATITUDE * nothing["max_us"])
    raw = {"trader": seen, "empty": nothing, "effect": dict(facts), "absence": vars(away)}
    missing = abs(seen["calls"] - seen["calls"] // 2 - facts["predictions"])
    unjoined = abs(seen["calls"] // 2 - facts["joined"])
    return [
        Row("put_p999_us", seen["p999_us"], "<=", PUT_US, raw),
        Row("put_max_us", seen["max_us"], "<=", limit, {"empty_max_us": nothing["max_us"]}),
        Row("put_dropped", seen["dropped"] + seen["failed"] + seen["waiting"], "==", 0),
        Row("put_effect_errors", missing + unjoined, "==", 0),
    ]


def _go_through(server: Server, away: Absence) -> None:
    time.sleep(away.between)
    server.freeze()
    time.sleep(away.frozen)
    server.thaw()
    time.sleep(away.between)
    server.kill()
    time.sleep(away.dead)
    server.start()


def started(options: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    """A trader's loop in its own process."""
    command = [sys.executable, "-m", "tests.faults.bus.trader", json.dumps(options)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def told(arena: Arena) -> Mapping[str, str]:
    """What a trader has to know of an arena."""
    return {"url": arena.url, "scope": arena.scope, "spool": str(arena.directory / "spool")}


def figures(loop: subprocess.Popen[bytes]) -> Mapping[str, Any]:
    """What it saw, when it has ended."""
    out, _ = loop.communicate()
    seen: Mapping[str, Any] = json.loads(out)
    return seen
