"""A contender: a process of its own that reads a lap whenever it is told to, and says what that cost.

``python -m benchmarks.stream.contender NAME`` with a course and then laps as JSON on its input, a line each.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from typing import Any, Protocol

from benchmarks.stream.course import Course, Lap
from benchmarks.stream.meter import cpu_seconds
from worker import logs

CONTENDERS = {
    "watcher": "benchmarks.stream.watcher:Watcher",
    "transport": "benchmarks.stream.transport:Transport",
    "client": "benchmarks.stream.transport:Client",
    "parser": "benchmarks.stream.transport:Parser",
    "faststream": "benchmarks.stream.faststream_peer:FastStreamPeer",
    "naive": "benchmarks.stream.naive_peer:NaivePeer",
}


class Contender(Protocol):
    """What is measured."""

    def prepare(self, lap: Lap) -> None:
        """Get ready for a lap; untimed."""

    def run(self, lap: Lap) -> None:
        """Read the lap; timed."""

    def verify(self, lap: Lap) -> dict[str, Any]:
        """What it can show of the lap. Raises where it did not read all of it."""


def made(name: str, course: Course) -> Contender:
    """The contender of a name."""
    module, _, kind = CONTENDERS[name].partition(":")
    contender: Contender = getattr(import_module(module), kind)(course)
    return contender


def measured(contender: Contender, lap: Lap) -> dict[str, Any]:
    """One lap: its CPU and wall time, seconds, and what the contender shows of it."""
    contender.prepare(lap)
    wall, cpu = time.perf_counter(), cpu_seconds()
    contender.run(lap)
    spent = {"cpu_s": cpu_seconds() - cpu, "wall_s": time.perf_counter() - wall}
    return {**spent, **contender.verify(lap)}


def main() -> None:
    logs.configure("warning")  # to stderr: stdout is what the parent reads
    contender = made(sys.argv[1], Course(**json.loads(sys.stdin.readline())))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(measured(contender, Lap(**json.loads(line)))), flush=True)


if __name__ == "__main__":
    main()
