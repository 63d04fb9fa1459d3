"""A troupe: the processes of many scopes, forked from a parent that has imported much and run nothing.

What runs in each is ``python -m worker ROLE`` from its first line on; only the second or two of imports are
saved, so that two hundred kills meet processes at work rather than processes that are being started.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import TracebackType

from clm.store.valkey_process import PR_SET_PDEATHSIG
from tests.faults.bus.arena import Arena
from worker.cli import main

PRELOADED = [
    "tests.faults.bus.troupe", "worker.processes", "worker.journal", "clm.decisions.compiled.flow",
    "clm.store.compiled.scan", "redis", "rq", "lightgbm",
]  # fmt: skip
STOP_S = 30.0

Name = tuple[str, str]
"""Scope and role; a second process of a role is ``role#2``."""


class Troupe:
    """Processes by scope and role, ended with the context."""

    def __init__(self, arenas: Mapping[str, Arena]) -> None:
        self._arenas = arenas
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._processes: dict[Name, ForkServerProcess] = {}

    def __enter__(self) -> Troupe:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._processes:
            self.kill(name)

    def start(self, name: Name) -> int:
        """Start a process; its id."""
        arena = self._arenas[name[0]]
        arguments = (name[1].partition("#")[0], arena.environment, str(self.log_of(name)))
        process = self._context.Process(target=_play, args=arguments, daemon=True)
        process.start()
        self._processes[name] = process
        return int(process.pid or 0)

    def kill(self, name: Name) -> None:
        """SIGKILL, and wait until it is gone."""
        self._processes[name].kill()
        self._processes[name].join(STOP_S)

    def stop(self, names: Iterable[Name]) -> dict[Name, int | None]:
        """Ask some to end; their exit codes, None of one that does not end."""
        asked = {name: self._processes[name] for name in names}
        for process in asked.values():
            process.terminate()
        for process in asked.values():
            process.join(STOP_S)
        return {name: process.exitcode for name, process in asked.items()}

    def send(self, name: Name, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(int(self._processes[name].pid or 0), number)

    def alive(self, name: Name) -> bool:
        """Whether it runs."""
        return self._processes[name].is_alive()

    def log_of(self, name: Name) -> Path:
        """Where it writes."""
        return self._arenas[name[0]].directory / f"{name[1]}.log"


def _play(role: str, environment: dict[str, str], log: str) -> None:
    if sys.platform == "linux":  # elsewhere a killed campaign leaves them behind
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(environment)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.exit(main([role]))
