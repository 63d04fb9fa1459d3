"""Patience: wait until something holds, and say what did not."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.stream.rival import BrokenRun

LONGEST_S = 30.0
POLL_S = 0.005


def until(holds: Callable[[], object], what: str) -> None:
    """Wait. Raises BrokenRun after ``LONGEST_S``."""
    deadline = time.monotonic() + LONGEST_S
    while not holds():
        if time.monotonic() > deadline:
            raise BrokenRun(f"waited {LONGEST_S:g} s in vain: {what}")
        time.sleep(POLL_S)
