"""Identity: under which name a process owns roles and runs."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache


def owner_name(pid: int | None = None) -> str:
    """A name that no other process ever has: in a container every process may be number 1.

    Parameters:
        pid: of a child that this process forked and that kept its memory; None: of this process.
    """
    return f"{socket.gethostname()}-{os.getpid() if pid is None else pid}-{birth()}"


@cache
def birth() -> str:
    """What a process and those that it forks later have in common."""
    return secrets.token_hex(4)
