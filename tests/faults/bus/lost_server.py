"""SIGKILL of the server under load: what it has acknowledged is there again, and everybody goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from clm.errors import UnreachableServer
from clm.events import Outcome, Prediction
from tests.faults.bus.arena import Arena
from tests.faults.bus.judge import as_unbroken
from tests.faults.bus.report import Row
from tests.faults.bus.server import Server
from tests.faults.bus.trading import ended, started
from tests.faults.bus.troupe import Troupe
from worker import bootstrap

KILLS, LOAD_S, DOWN_S = 3, 1.5, 1.0
RATE = 2000  # events a second
BACK_S = 5.0
CONSUMERS = ("watcher", "shadow")
PATIENCE_S = 30.0


def rows(server: Server, directory: Path, kills: int = KILLS) -> list[Row]:
    """What was lost, and how soon the consumers fold again."""
    with server:
        arena = Arena(directory, server.url, "lost")
        with Troupe({arena.scope: arena}) as troupe:
            for role in CONSUMERS:
                troupe.start((arena.scope, role))
            trader = started(RATE, LOAD_S + kills * (LOAD_S + DOWN_S), arena)
            back = [_killed(server, arena) for _ in range(kills)]
            seen = ended(trader)
            newest = arena.stage.events.last_id()
            until(lambda: _behind(arena, newest) == [], "everything to be folded")
            troupe.stop((arena.scope, role) for role in CONSUMERS)
        differing = [role for role in CONSUMERS if not as_unbroken(arena, role)]
        policy = arena.settings.policy()
        recorded = bootstrap.recorded(arena.stage, policy)
        events = [each for each in recorded if isinstance(each, Prediction | Outcome)]
    distinct = len({(each.p, each.n) for each in events})
    raw = {"back_s": back, "published": seen.published, "replayed": len(events) - distinct}
    return [
        Row("server_kill_acknowledged_lost", len(seen.spent) - seen.dropped - distinct, "==", 0, raw),
        Row("server_kill_state_differences", len(differing), "==", 0, {"roles": differing}),
        Row("server_kill_back_s", max(back), "<=", BACK_S),
    ]


def _killed(server: Server, arena: Arena) -> float:
    """Seconds from the first answer of the server that is back until everybody has folded something new."""
    time.sleep(LOAD_S)
    until(lambda: _behind(arena, "0-1") == [], "the first events to be folded")
    server.kill()
    time.sleep(DOWN_S)
    server.start()
    begun = time.monotonic()
    milliseconds, sequence = _number(arena.stage.events.last_id())
    new = f"{milliseconds}-{sequence + 1}"  # no entry that was there before
    until(lambda: _behind(arena, new) == [], "everybody to fold again")
    return time.monotonic() - begun


def _behind(arena: Arena, entry_id: str) -> list[str]:
    """The consumers that have not folded an entry yet."""
    try:
        cursors = arena.stage.progress.cursors()
    except UnreachableServer:
        return list(CONSUMERS)
    return [role for role in CONSUMERS if _number(cursors.get(role, "0-0")) < _number(entry_id)]


def _number(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.01)
