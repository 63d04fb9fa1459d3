"""Damaged bundles that are signed anew: their hash is right, so only trying them elsewhere can tell.

Each is tried in a fork of a process that has imported the libraries and never used them, under the bounds of
``producers.probe``: what takes seconds in a new process takes a hundredth here.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from clm.errors import ClmError
from tests.faults.artifacts.damage import damaged

LIBRARIES = ("xgboost", "lightgbm", "neuralforecast.models", "clm.learning.bundle")
PATIENCE_S = 20
GOOD, REFUSED, CRASHED, HUNG = "usable", "refused", "crashed", "hung"


def main(argv: Sequence[str]) -> int:
    """Try damaged bundles of a file: ``FILE COUNT SEED``; prints a count per ending."""
    file, count, seed = argv
    for name in LIBRARIES:
        import_module(name)
    data = Path(file).read_bytes()
    endings = Counter(ending(damaged(data, int(seed) + number)) for number in range(int(count)))
    sys.stdout.write("\n".join(f"{name} {endings[name]}" for name in (GOOD, REFUSED, CRASHED, HUNG)))
    return 0


def ending(data: bytes) -> str:
    """How a probe of these bytes ends."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            code = _tried(data)
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return HUNG if os.WTERMSIG(status) == signal.SIGALRM else CRASHED
    return GOOD if os.WEXITSTATUS(status) == 0 else REFUSED


def _tried(data: bytes) -> int:
    from producers.probe import _bound
    from producers.served import unpacked

    _bound()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    signal.alarm(PATIENCE_S)
    try:
        unpacked(data)
    except ClmError:
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
