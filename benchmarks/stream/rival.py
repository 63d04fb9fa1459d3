"""A rival: the handle on a contender's process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from types import TracebackType
from typing import Any

from benchmarks.stream.course import Course, Lap

ENDS_S = 10.0


class BrokenRun(RuntimeError):
    """A measured process ended, or did not do what it was to be measured by."""


class Rival:
    """A process that runs laps of one course; ended with the context."""

    def __init__(self, name: str, course: Course) -> None:
        self.name, self.course = name, course
        self._process = child("benchmarks.stream.contender", name)

    def __enter__(self) -> Rival:
        tell(self._process, asdict(self.course))
        heard(self._process, self.name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end(self._process)

    def run(self, lap: Lap) -> dict[str, Any]:
        """Run a lap; what it cost."""
        self.start(lap)
        return self.wait()

    def start(self, lap: Lap) -> None:
        """Start a lap."""
        tell(self._process, asdict(lap))

    def wait(self) -> dict[str, Any]:
        """What the lap that was started cost. Raises BrokenRun."""
        cost: dict[str, Any] = heard(self._process, self.name)
        return cost


def child(module: str, *words: str) -> subprocess.Popen[str]:
    """A Python process that is spoken to by lines; the settings of whoever runs the bench are not its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLM_")}
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env=inherited,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process: subprocess.Popen[str], what: Any) -> None:
    """Send a line of JSON."""
    assert process.stdin is not None
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str], name: str) -> Any:
    """The next line of JSON. Raises BrokenRun when the process ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BrokenRun(f"{name} ended with code {process.wait(ENDS_S)}: its error stands above")
    return json.loads(line)


def end(process: subprocess.Popen[str]) -> None:
    """Close its input, so that it ends; kill it if it does not."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(ENDS_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
