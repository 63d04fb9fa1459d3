"""A training worker as it ships, all four libraries imported, that notes how far its jobs come.

``python -m benchmarks.stream.trainee`` with a ``Place`` as JSON on its input; it works until the input ends.
It prints a line for each point that a job reaches, in the process that would fit.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.stream import tape
from clm.errors import TrainingFailed
from clm.model import ModelType
from clm.steps.job import work
from worker import bootstrap, jobs, logs
from worker.settings import Settings, load

ENDED = "a bench trains nothing"


@dataclass(frozen=True)
class Place:
    """Where a trainee works."""

    url: str  # of the server
    scope: str
    mode: str  # fresh or recycled
    home: str  # its bars, and what it keeps

    @property
    def bars(self) -> Path:
        """Its candles."""
        return Path(self.home) / "bars.parquet"

    @property
    def settings(self) -> Settings:
        """As a worker of this place has them."""
        return load(
            redis_url=self.url,
            scope=self.scope,
            scopes={self.scope: {"bar_seconds": tape.BAR_SECONDS, "clock": "event"}},
            data=str(self.bars),
            home=self.home,
            worker_mode=self.mode,
            log_level="error",
        )


class Stamp:
    """A trainer that notes that it is asked to fit, and does not."""

    def train_lightgbm(self, *_: Any) -> None:
        note("fit")
        raise TrainingFailed(ENDED)


def note(point: str) -> None:
    """Print a point with the time, ns of the clock that all processes share."""
    os.write(1, f"{json.dumps([point, time.monotonic_ns(), os.getpid()])}\n".encode())


def noting(point: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """A function that notes that it is called."""

    def noted(*arguments: Any) -> Any:
        note(point)
        return call(*arguments)

    return noted


def stamped(settings: Settings) -> None:
    """Put the stamps where the jobs pass."""
    station = bootstrap.station(settings.scope, settings)
    shop = replace(station.bench.workshop, trainer=Stamp())  # type: ignore[arg-type]
    bootstrap.STATIONS[settings.scope] = replace(station, bench=replace(station.bench, workshop=shop))
    jobs.train = noting("job", jobs.train)
    vars(jobs)["work"] = noting("training", work)


def main() -> None:
    settings = Place(**json.loads(sys.stdin.readline())).settings
    logs.configure(settings.log_level, True)
    bootstrap.preload(tuple(ModelType))
    stamped(settings)
    worker = bootstrap.training_worker(settings, settings.scope)
    threading.Thread(target=_stop_at_end, daemon=True).start()
    note("ready")
    worker.work(logging_level="CRITICAL")


def _stop_at_end() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
