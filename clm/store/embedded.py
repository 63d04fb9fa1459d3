"""The embedded server: a private Valkey for whoever brings no server of their own.

One process owns it: that process holds a lock file for as long as it lives, and the server ends with it,
however it ends. Every other process that asks for the same directory uses the owner's server.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from clm.errors import ConfigurationError, UnreachableServer
from clm.store.valkey_process import binary, start_server

MAX_SOCKET = 100
"""Bytes of a unix socket's path; the system takes 103 to 107."""

POLL_SECONDS = 0.002
START_SECONDS = 60.0
"""Until the server answers; a long append-only file is loaded first."""

STOP_SECONDS = 10.0


class Embedded:
    """The server of one directory, as a context manager that gives its URL.

    Parameters:
        directory: keeps the data (``appendonlydir``), the log and the lock; made if it does not exist.
        program: of the server, Redis or Valkey; None: the wheel's Valkey.
    """

    def __init__(self, directory: Path, program: Path | None = None) -> None:
        self._directory, self._program = directory.resolve(), program
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def owned(self) -> bool:
        """Whether this object started the server, rather than adopting it."""
        return self._process is not None

    def start(self) -> str:
        """Start the server or adopt the running one; its URL. Call it in the main thread.

        Raises:
            MissingLibrary: the extra ``embedded`` is not installed.
            ConfigurationError: called in another thread, or the runtime directory is somebody else's.
            UnreachableServer: the server does not answer in time; the message ends with its log.
        """
        if threading.current_thread() is not threading.main_thread():
            raise ConfigurationError(
                "the embedded server ends with the thread that starts it: start it in the main thread"
            )
        self._directory.mkdir(parents=True, exist_ok=True)
        path = socket_path(self._directory)
        self._until(lambda: self._lead(path) or _answer(path) == "+PONG", "does not answer")
        if self._process is not None:
            self._until(lambda: self._alive() and _answer(path) == "+PONG", "does not start")
        return socket_url(path)

    def stop(self) -> None:
        """End the server if this object started it; an adopted one is left alone."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._unlock()

    def _lead(self, path: Path) -> bool:
        """Become the owner, unless there is one; a server whose owner died is ended first."""
        if self._process is not None or not self._take_lock():
            return self._process is not None
        try:
            self._until(lambda: _answer(path, "SHUTDOWN") is None, "outlives its owner")
            self._process = start_server(self._program or binary(), self._directory, path, self._log)
        finally:
            if self._process is None:
                self._unlock()
        return True

    @property
    def _log(self) -> Path:
        return self._directory / "valkey.log"

    def _alive(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            code = self._process.returncode
            self.stop()
            raise self._fault(f"ended with code {code}")
        return True

    def _until(self, holds: Callable[[], bool], fault: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                self.stop()
                raise self._fault(fault)
            time.sleep(POLL_SECONDS)

    def _fault(self, what: str) -> UnreachableServer:
        tail = self._log.read_bytes()[-600:].decode(errors="replace") if self._log.exists() else "no log"
        return UnreachableServer(
            f"the embedded server in {self._directory} {what}: set CLM_REDIS_URL to a server of your own, "
            f"or mend what its log says: {tail}"
        )

    def _take_lock(self) -> bool:
        handle = os.open(self._directory / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._lock = handle
        return True

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def socket_path(directory: Path) -> Path:
    """Where the server of a directory listens: inside it, or in a shorter place if that name is too long.

    Raises:
        ConfigurationError: the runtime directory belongs to somebody else.
    """
    near = directory / "valkey.sock"
    if len(os.fsencode(near)) <= MAX_SOCKET:
        return near
    runtime = Path(tempfile.gettempdir()) / f"clm-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    if runtime.stat().st_uid != os.getuid() or runtime.stat().st_mode & 0o077:
        raise ConfigurationError(f"{runtime} must be yours and of mode 0700: remove it, or set TMPDIR")
    return runtime / f"{hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]}.sock"


def socket_url(path: Path) -> str:
    """The URL of a server that listens on a unix socket; odd characters are escaped as clients expect."""
    return f"unix://{quote(str(path))}"


def _answer(path: Path, command: str = "PING") -> str | None:
    """The first line a server answers, empty when it says nothing; None when nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        wire.settimeout(1.0)
        try:
            wire.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError:
            return ""
        with contextlib.suppress(OSError):
            wire.sendall(f"{command}\r\n".encode())
            return wire.recv(256).decode(errors="replace").strip()
    return ""
