"""Owners that sleep past their lease write nothing when they wake up; a dead owner's standby takes over."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping
from operator import gt
from pathlib import Path
from typing import Any

from clm.events import HOUR, Command
from tests.faults.bus.arena import Arena
from tests.faults.bus.campaign import ROLES
from tests.faults.bus.feed import START, Feed
from tests.faults.bus.lost_server import until
from tests.faults.bus.report import Row
from tests.faults.bus.server import Server
from tests.faults.bus.troupe import Name, Troupe

BARS = 5  # that are published while the owners sleep
TAKEOVER_S = 5.0
NOTHING: Mapping[str, str] = {}
ACTIVE = {"lightgbm": "naive", "xgboost": "naive"}


def rows(server: Server, directory: Path, variables: Mapping[str, str] = NOTHING) -> list[Row]:
    """What ghosts wrote, and how long a role was without an owner.

    Parameters:
        variables: of the processes' environment; none: everything as it ships.
    """
    with server:
        arena = Arena(directory, server.url, "paused", variables)
        with Troupe({arena.scope: arena}) as troupe:
            scene = Scene(arena, troupe)
            scene.begin()
            asleep, changed = scene.ghosts()
            vacant = {role: scene.succession(role) for role in ROLES}
    return [
        Row("ghost_writes", len(changed), "==", 0, {"changed": changed, "taken_over_s": asleep}),
        Row("takeover_s", max(vacant.values()), "<=", TAKEOVER_S, {"by_role": vacant}),
    ]


class Scene:
    """Every role of one scope with an owner and a standby."""

    def __init__(self, arena: Arena, troupe: Troupe) -> None:
        self._arena, self._troupe = arena, troupe
        self._feed, self._said = Feed(1), 0

    def begin(self) -> None:
        """Two processes of each role; something is folded and decided."""
        for role in ROLES:
            self._troupe.start((self._arena.scope, role))
            self._troupe.start((self._arena.scope, f"{role}#2"))
        self._publish()
        until(self._settled, "the first bars")

    def ghosts(self) -> tuple[float, list[str]]:
        """Seconds until the standbys had taken over from sleeping owners; what changed when those awoke."""
        sleepers = [self._owner(role) for role in ROLES]
        for name in sleepers:
            self._troupe.send(name, signal.SIGSTOP)
        begun = time.monotonic()
        self._publish()
        until(self._settled, "the standbys to take over")
        taken = time.monotonic() - begun
        self._publish()  # the sleepers know nothing of these
        until(self._settled, "the standbys to go on")
        before, silent = self._everything(), [self._logged(name) for name in sleepers]
        for name in sleepers:
            self._troupe.send(name, signal.SIGCONT)
        until(
            lambda: all(map(gt, map(self._logged, sleepers), silent)), "each to notice that it lost its role"
        )
        after = self._everything()
        return taken, sorted(key for key in before | after if before.get(key) != after.get(key))

    def succession(self, role: str) -> float:
        """Seconds from an owner's SIGKILL until its standby has folded what was published then."""
        self._troupe.kill(self._owner(role))
        begun = time.monotonic()
        self._publish()
        until(self._settled, f"the standby of the {role}")
        return time.monotonic() - begun

    def _publish(self) -> None:
        """Some bars, and a command that makes the watcher decide."""
        stage = self._arena.stage
        for _ in range(BARS):
            for entry in self._feed.bar(ACTIVE).entries:
                stage.space.append(stage.keys.events, entry)
        self._said += 1
        at = START + self._said * HOUR
        stage.events.append(Command(p="ops", n=self._said, at=at, action="retrain", actor="ops"))

    def _settled(self) -> bool:
        """Everything is folded and dispatched; runs stay open, for nobody trains here."""
        stage = self._arena.stage
        cursors = stage.progress.cursors()
        newest = stage.events.last_id()
        wanted = {"watcher": newest, "shadow": newest, "dispatcher": stage.decisions.last_id()}
        return all(cursors.get(role) == cursor for role, cursor in wanted.items())

    def _owner(self, role: str) -> Name:
        """The process that owns a role: the one that logged the newest token."""
        return max(((self._arena.scope, name) for name in (role, f"{role}#2")), key=self._token)

    def _token(self, name: Name) -> int:
        lines = map(json.loads, self._troupe.log_of(name).read_text().splitlines())
        return max((line["token"] for line in lines if line["event"] == "owner"), default=0)

    def _logged(self, name: Name) -> int:
        """Bytes that a process has logged."""
        return self._troupe.log_of(name).stat().st_size

    def _everything(self) -> dict[str, bytes]:
        """Every key of the scope and its value as the server dumps it; leases, which only run on, by name."""
        import redis

        client: Any = redis.Redis.from_url(self._arena.url)
        try:
            keys = [key.decode() for key in client.scan_iter(self._arena.stage.keys.of("*"), count=1000)]
            leases = self._arena.stage.keys.of("lease")
            return {key: client.get(key) if key.startswith(leases) else client.dump(key) for key in keys}
        finally:
            client.close()
