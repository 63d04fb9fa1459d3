"""Runs the probes of bundles that are damaged and signed anew, in a light process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.acceptance.crew import ROOT


def endings(data: bytes, place: Path, count: int, seed: int) -> dict[str, int]:
    """How the probes of so many damaged bundles ended: usable, refused, crashed, hung.

    Raises:
        CalledProcessError: the process that forks them broke off.
    """
    file = place / "whole"
    file.write_bytes(data)
    words = [sys.executable, "-m", "tests.faults.artifacts.probes", str(file), str(count), str(seed)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return {name: int(many) for name, many in (line.split() for line in done.stdout.splitlines())}
