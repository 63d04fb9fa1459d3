"""Trading: a trader's loop is started in a process of its own, which imports no more than a trader would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.acceptance.crew import ROOT
from tests.faults.bus.arena import Arena
from tests.faults.bus.trader import Seen


def started(rate: int, seconds: float, arena: Arena | None = None) -> subprocess.Popen[bytes]:
    """The loop, of so many events a second; without an arena, of empty calls."""
    options: dict[str, Any] = {"rate": rate, "seconds": seconds}
    if arena is not None:
        options |= {"url": arena.url, "scope": arena.scope, "spool": str(arena.directory / "spool")}
    command = [sys.executable, "-m", "tests.faults.bus.trader", json.dumps(options)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def ended(loop: subprocess.Popen[bytes]) -> Seen:
    """Wait for its end; what it saw."""
    out, _ = loop.communicate()
    told: Mapping[str, Any] = json.loads(out)
    return Seen(**told)
