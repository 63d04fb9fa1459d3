"""The server's program that tests start: the embedded Valkey, or another one to try the same promises on."""

from __future__ import annotations

import os
from pathlib import Path

from clm.store.embedded import Embedded

VARIABLE = "CLM_TEST_SERVER"
NAMED = os.environ.pop(VARIABLE, None)
"""Taken out of the environment: the processes that tests start refuse a setting they do not know."""


def other_server() -> Path | None:
    """The program that ``CLM_TEST_SERVER`` names; None: the embedded Valkey.

    Raises:
        FileNotFoundError: there is no such program.
    """
    if not NAMED:
        return None
    if not Path(NAMED).is_file():
        raise FileNotFoundError(
            f"{VARIABLE}={NAMED} is no program: install one (Debian, Ubuntu: apt install redis-server)"
        )
    return Path(NAMED)


def server_in(directory: Path) -> Embedded:
    """A server of a test's own, on the program that is tried."""
    return Embedded(directory, other_server())
