"""A server that can be killed, frozen and started again on the same data, like a user's own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

from clm.errors import UnreachableServer
from clm.store.embedded import socket_path, socket_url
from clm.store.redis_keyspace import connect
from clm.store.valkey_process import binary, dies_with_parent
from tests.programs import other_server

START_S = 30.0


class Server:
    """A server with an append-only file that is synchronised every second, as a context manager.

    Parameters:
        program: of the server, e.g. Debian's ``/usr/bin/redis-server``; None: the tests'.
    """

    def __init__(self, directory: Path, program: str | None = None) -> None:
        self._directory, self._program = directory.resolve(), program or str(other_server() or binary())
        self._directory.mkdir(parents=True, exist_ok=True)
        self._socket = socket_path(self._directory)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        """Where it listens."""
        return socket_url(self._socket)

    @property
    def pid(self) -> int:
        """Its process. Raises ProcessLookupError while there is none."""
        if self._process is None:
            raise ProcessLookupError("the server does not run: start it first")
        return self._process.pid

    def start(self) -> None:
        """Start it on the data that it left; returns when it answers."""
        self._socket.unlink(missing_ok=True)
        options = {
            "port": "0", "unixsocket": str(self._socket), "dir": str(self._directory), "save": "",
            "appendonly": "yes", "appendfsync": "everysec",
        }  # fmt: skip
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with (self._directory / "server.log").open("ab") as out:
            self._process = subprocess.Popen(
                [self._program, *words],
                stdout=out,
                stderr=out,
                preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 - two system calls
            )
        self._answered()

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It takes connections and answers nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        os.kill(self.pid, signal.SIGCONT)

    def _answered(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                return connect(self.url).ping()
            except UnreachableServer:
                assert time.monotonic() < deadline, (self._directory / "server.log").read_text()
                time.sleep(0.005)
