"""A role as it ships, in a process of its own, that notes when what it does has taken effect.

``python -m benchmarks.stream.role watcher|dispatcher`` with a course as JSON on its input; it serves until
another line comes, and then prints what it noted. Times are of CLOCK_MONOTONIC, which all processes share.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.stream import tape
from benchmarks.stream.course import Course
from benchmarks.stream.scene import staged
from clm.decisions.watch import ROLE
from clm.ports import Fence
from clm.steps.consume import Consumer
from clm.steps.dispatch import ROLE as DISPATCHER
from worker import bootstrap, logs
from worker.loop import BLOCK_MS, Role, collect_rarely, serve
from worker.settings import load
from worker.stage import Stage

FOREVER_S = 3600.0

Noted = list[tuple[str, ...]]
"""What was done, and the nanosecond at which it was acknowledged, as text."""


class Noting:
    """A port whose one method notes what it was called with, once it has returned.

    Parameters:
        labels: what is noted of a call's result and arguments, a row each.
    """

    def __init__(
        self, port: Any, method: str, labels: Callable[..., Sequence[tuple[str, ...]]], noted: Noted
    ) -> None:
        self._port, self._method, self._labels, self._noted = port, method, labels, noted

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._noting(found) if name == self._method else found

    def _noting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*positional: Any, **named: Any) -> Any:
            result = call(*positional, **named)
            now = str(time.monotonic_ns())
            self._noted.extend((*label, now) for label in self._labels(result, *positional))
            return result

        return noted


def watch(stage: Stage, noted: Noted, stop: threading.Event) -> None:
    """Serve as the watcher; notes (entry id,) of what was read and (cause, decision)."""
    decisions: Any = Noting(stage.decisions, "append", lambda _, made, *__: [(made.cause, made.id)], noted)
    events: Any = Noting(
        stage.events, "take", lambda read, *_: [(each.decode(),) for each in read.ids], noted
    )
    timed = replace(stage, decisions=decisions, events=events)
    bootstrap.rehearse(stage, tape.POLICY, load().rehearse_seconds)

    def build(fence: Fence) -> Consumer:
        return bootstrap.watcher(timed, tape.POLICY, fence)

    serve(Role(name=ROLE, owner="bench", build=build), stage.ownership, stop)


def dispatch(stage: Stage, noted: Noted, stop: threading.Event) -> None:
    """Serve as the dispatcher; notes (run,)."""
    queue: Any = Noting(stage.queue, "enqueue_new", lambda _, jobs: [(job.run,) for job in jobs], noted)
    fence = stage.ownership.acquire(DISPATCHER, "bench", FOREVER_S)
    carrier = bootstrap.dispatcher(replace(stage, queue=queue), fence)
    carrier.recover()
    while not stop.is_set():
        carrier.step(block_ms=BLOCK_MS)


SERVED: dict[Hashable, Callable[[Stage, Noted, threading.Event], None]] = {
    "watcher": watch,
    "dispatcher": dispatch,
}


def main() -> None:
    logs.configure("warning")  # to stderr: stdout is what the parent reads
    course = Course(**json.loads(sys.stdin.readline()))
    noted: Noted = []
    stop = threading.Event()
    stage = staged(course.url, course.scope)
    collect_rarely()
    serving = threading.Thread(target=SERVED[sys.argv[1]], args=(stage, noted, stop))
    serving.start()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    sys.stdin.read(1)  # until a line comes: the roles have the process to themselves
    stop.set()
    serving.join()
    print(json.dumps(noted), flush=True)


if __name__ == "__main__":
    main()
