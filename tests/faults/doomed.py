"""A training worker that is killed at a point of its job: ``python -m tests.faults.doomed POINT``."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import Any

from worker import bootstrap
from worker.bootstrap import Station
from worker.settings import load

POINTS = ("claim", "data", "fit", "store", "save")
"""The run is not claimed yet; the bars not read; in the fit; the bundle is stored; the version saved."""


class Doomed:
    """Everything of somebody else's, but one method ends the process, after its work if it has any to do."""

    def __init__(self, inner: Any, method: str, *, after: bool = False) -> None:
        self._inner, self._method, self._after = inner, method, after

    def __getattr__(self, name: str) -> Any:
        return self._last if name == self._method else getattr(self._inner, name)

    def _last(self, *arguments: Any) -> None:
        if self._after:
            getattr(self._inner, self._method)(*arguments)
        die()


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def doomed(station: Station, point: str) -> Station:
    """A station at which nobody gets beyond a point."""
    bench: Any = station.bench
    if point == "claim":
        changed = replace(bench, runs=Doomed(bench.runs, "claim"))
    elif point == "data":
        changed = replace(bench, data=die)
    elif point == "fit":
        shop = replace(bench.workshop, trainer=Doomed(bench.workshop.trainer, "train_lightgbm"))
        changed = replace(bench, workshop=shop)
    else:
        method = {"store": "store", "save": "save_model"}[point]
        changed = replace(bench, library=Doomed(bench.library, method, after=True))
    return replace(station, bench=changed)


if __name__ == "__main__":
    settings = load()
    bootstrap.preload(settings.policy().models)
    scope = settings.scope
    bootstrap.STATIONS[scope] = doomed(bootstrap.station(scope, settings), sys.argv[1])
    bootstrap.training_worker(settings, scope).work(burst=True, logging_level="CRITICAL")
