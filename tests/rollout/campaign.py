"""Many histories of racing promoters, in light processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.acceptance.crew import ROOT

Seen = list[dict[str, Any]]


def histories(url: str, prefix: str, count: int, seed: int, planted: str = "none", lanes: int = 1) -> Seen:
    """What each history showed, run by so many arenas at a time.

    Raises:
        CalledProcessError: an arena broke off.
    """
    shares = [count // lanes + (lane < count % lanes) for lane in range(lanes)]
    begun = [
        _arena(url, f"{prefix}-{lane}", share, seed + 1_000_000 * lane, planted)
        for lane, share in enumerate(shares)
    ]
    return [row for arena in begun for row in _ended(arena)]


def _arena(url: str, prefix: str, count: int, seed: int, planted: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.rollout.arena", url, prefix, str(count), str(seed)]
    return subprocess.Popen([*words, "--planted", planted], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _ended(arena: subprocess.Popen[str]) -> Seen:
    told, _ = arena.communicate()
    if arena.returncode:
        raise subprocess.CalledProcessError(arena.returncode, arena.args)
    return [json.loads(line) for line in told.splitlines()]
