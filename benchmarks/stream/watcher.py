"""The watcher as it ships: its consumer, fold, decay rule and checkpoints, on the real server."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.stream import tape
from benchmarks.stream.course import Course, Lap
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import connected, staged
from benchmarks.stream.snapshot import Snapshots
from clm.decisions.watch import ROLE
from clm.policy import Policy
from worker import bootstrap
from worker.loop import BLOCK_MS, Role, collect_rarely

FOREVER_S = 3600.0


class Watcher:
    """Folds a lap from where the lap before it ended, or again from the same checkpoint.

    The course's variant is the name of its policy; without one it is the policy that ships.
    """

    def __init__(self, course: Course) -> None:
        collect_rarely()  # as the process of every role does
        self._policy = Policy(name=course.variant) if course.variant else tape.POLICY
        self._stage = staged(course.url, course.scope)
        self._fence = self._stage.ownership.acquire(ROLE, "bench", FOREVER_S)
        self._snapshots = Snapshots(connected(course.url), self._stage.keys)
        self._consumer = self._built()

    def prepare(self, lap: Lap) -> None:
        """Take up the checkpoint of where the lap begins, with the log as it was then."""
        self._snapshots.restore(lap.after)
        self._consumer = self._built()
        if self._consumer.cursor != lap.after:
            raise BrokenRun(f"the watcher's checkpoint is at {self._consumer.cursor}, not {lap.after}")

    def run(self, lap: Lap) -> None:
        """Fold and save as the role's loop does."""
        consumer, saved = self._consumer, time.monotonic()
        while consumer.cursor != lap.until:
            consumer.step(block_ms=BLOCK_MS)
            late = time.monotonic() - saved >= Role.save_every_s
            if late or consumer.unsaved >= Role.save_every_events:
                consumer.save()
                saved = time.monotonic()

    def verify(self, lap: Lap) -> dict[str, Any]:
        """Nothing refused, everything joined; the state is kept for a lap that begins here."""
        consumer = self._consumer
        if consumer.quarantined:
            raise BrokenRun(
                f"the watcher refused {consumer.quarantined} entries of {self._stage.keys.events}"
            )
        consumer.save()
        self._snapshots.take(lap.until)
        return {"decided": self._stage.decisions.head(ROLE).n, "joined": consumer.fold.join.joined}

    def _built(self) -> Any:
        consumer = bootstrap.watcher(self._stage, self._policy, self._fence)
        consumer.recover()
        return consumer
