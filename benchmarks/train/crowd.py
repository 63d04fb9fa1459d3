"""A crowd of fits: each in a process forked from one that has only imported, so many at once.

``python -m benchmarks.train.crowd``: a request as JSON on stdin, CPU seconds of each fit as JSON on stdout.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence

from benchmarks.train.market import bars, engineer
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from worker import bootstrap


def costs(fits: Sequence[Callable[[], object]], width: int) -> list[float]:
    """CPU seconds of each fit, ``width`` of them at a time; the order is that of their ends."""
    waiting, spent, at_work = list(fits), list[float](), 0
    while waiting or at_work:
        while waiting and at_work < width:
            fit = waiting.pop(0)
            if os.fork() == 0:
                _live(fit)
            at_work += 1
        _, status, used = os.wait4(-1, 0)
        if status:
            raise RuntimeError(f"a fit ended with status {status}")
        at_work -= 1
        spent.append(used.ru_utime + used.ru_stime)
    return spent


def _live(fit: Callable[[], object]) -> None:
    try:
        fit()
        os._exit(0)
    finally:
        os._exit(1)


def main() -> None:
    """Fit as often as the request says, and tell what it cost."""
    asked = json.load(sys.stdin)
    bootstrap.preload(ModelType(name) for name in asked["params"])
    frame, trainer = engineer().transform(bars(asked["bars"])), NativeTrainer(engineer())

    def call(name: str) -> Callable[[], object]:
        return lambda: getattr(trainer, f"train_{name}")(frame, asked["params"][name])

    fits = [call(name) for _ in range(asked["rounds"]) for name in asked["params"]]
    json.dump({str(width): costs(fits, width) for width in asked["widths"]}, sys.stdout)


if __name__ == "__main__":
    main()
