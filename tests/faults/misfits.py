"""A training worker whose fits of one model type go wrong: ``python -m tests.faults.misfits HOW``."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from worker import bootstrap, shift
from worker.settings import load

BAD = "train_xgboost"


def gorge() -> None:
    """Take memory, little by little, and keep it."""
    taken = []
    while True:
        taken.append(bytearray(b"x" * 2**22))
        time.sleep(0.001)


HOW: Mapping[str, Callable[[], object]] = {
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda: os._exit(0),  # as if all were well
    "hang": lambda: time.sleep(3600),
    "freeze": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "gorge": gorge,
}


class Misfit:
    """A trainer that goes wrong at one model type."""

    def __init__(self, inner: Any, way: Callable[[], object]) -> None:
        self._inner, self._way = inner, way

    def __getattr__(self, name: str) -> Any:
        return self._bad if name == BAD else getattr(self._inner, name)

    def _bad(self, *_: Any) -> None:
        self._way()


if __name__ == "__main__":
    settings = load()
    bootstrap.preload(settings.policy().models)
    scope = settings.scope
    station = bootstrap.station(scope, settings)
    shop = replace(station.bench.workshop, trainer=Misfit(station.bench.workshop.trainer, HOW[sys.argv[1]]))
    bootstrap.STATIONS[scope] = replace(station, bench=replace(station.bench, workshop=shop))
    shift.work(lambda: bootstrap.training_worker(settings, scope), lambda: time.sleep(0.1), burst=True)
