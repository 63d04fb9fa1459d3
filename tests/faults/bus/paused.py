"""Owners that sleep past their lease write nothing when they wake up; a dead owner's standby takes over."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.events import HOUR, Command
from tests.faults.bus.arena import Arena
from tests.faults.bus.campaign import ROLES
from tests.faults.bus.feed import START, Feed
from tests.faults.bus.lost_server import until
from tests.faults.bus.report import Row
from tests.faults.bus.server import Server
from tests.faults.bus.troupe import Troupe

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
        self._owner = {role: role for role in ROLES}
        self._standby = {role: f"{role}#2" for role in ROLES}

    def begin(self) -> None:
        """Owners first, then their standbys; something is folded and decided."""
        for names in (self._owner, self._standby):
            for role in ROLES:
                self._troupe.start((self._arena.scope, names[role]))
            until(lambda: all(self._lease(role) for role in ROLES), "owners")
        self._publish()
        until(self._settled, "the first bars")

    def ghosts(self) -> tuple[float, list[str]]:
        """Seconds until the standbys had taken over from sleeping owners; what changed when those awoke."""
        for role in ROLES:
            self._troupe.send((self._arena.scope, self._owner[role]), signal.SIGSTOP)
        begun = time.monotonic()
        self._publish()
        until(self._settled, "the standbys to take over")
        taken = time.monotonic() - begun
        self._publish()  # the sleepers know nothing of these
        until(self._settled, "the standbys to go on")
        before, silent = self._everything(), self._logged()
        for role in ROLES:
            self._troupe.send((self._arena.scope, self._owner[role]), signal.SIGCONT)
        until(lambda: all(now > then for now, then in zip(self._logged(), silent, strict=True)), "a word")
        after = self._everything()
        self._owner, self._standby = self._standby, self._owner
        return taken, sorted(key for key in before | after if before.get(key) != after.get(key))

    def succession(self, role: str) -> float:
        """Seconds from an owner's SIGKILL until its standby has folded what was published then."""
        self._troupe.kill((self._arena.scope, self._owner[role]))
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

    def _logged(self) -> list[int]:
        """Bytes that the sleepers have logged: each says that it lost its role, once it has noticed."""
        names = [(self._arena.scope, self._owner[role]) for role in ROLES]
        return [self._troupe.log_of(name).stat().st_size for name in names]

    def _lease(self, role: str) -> bool:
        stage = self._arena.stage
        return stage.space.get(stage.keys.lease(role)) is not None

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
