"""A crew: the processes of a site, each started, killed, frozen and thawed by name."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tests.acceptance.site import Site

ROOT = Path(__file__).parents[2]
ROLES = ("watcher", "shadow", "dispatcher", "worker")
STOP_S = 20.0


class Crew:
    """Real processes, ended with the context.

    Parameters:
        names: of those that run from the start.
    """

    def __init__(self, site: Site, names: Sequence[str] = ROLES) -> None:
        self.site, self._names = site, names
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Crew:
        for name in self._names:
            self.start(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait(STOP_S)

    def start(self, name: str, *options: str) -> int:
        """Start a process, a second of its kind as ``worker#2``; its id."""
        with self.log_of(name).open("ab") as out:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "worker", name.partition("#")[0], *options],
                cwd=ROOT,
                env=self.site.environment,
                stdout=out,
                stderr=out,
            )
        return self._processes[name].pid

    def pid(self, name: str) -> int:
        """Its id."""
        return self._processes[name].pid

    def children(self, name: str) -> list[int]:
        """The ids of its own children; a fresh worker has one, which fits or waits for a job."""
        pid = self.pid(name)
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def send(self, name: str, number: signal.Signals) -> None:
        """Send it a signal."""
        self._processes[name].send_signal(number)

    def kill(self, name: str) -> None:
        """SIGKILL, and wait until it is gone."""
        self._processes[name].kill()
        self._processes[name].wait(STOP_S)

    def stop(self, name: str) -> int:
        """Ask it to end; its exit code."""
        self._processes[name].terminate()
        return self._processes[name].wait(STOP_S)

    def alive(self, name: str) -> bool:
        """Whether it runs."""
        return self._processes[name].poll() is None

    def log_of(self, name: str) -> Path:
        """Where it writes."""
        return self.site.directory / f"{name}.log"

    def logs(self) -> str:
        """The end of every log."""
        texts = {name: self.log_of(name).read_text()[-2000:] for name in self._processes}
        return "\n".join(f"--- {name}\n{text}" for name, text in texts.items())
