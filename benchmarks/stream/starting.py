"""From the enqueue of a job to the first line of its training, in a worker that stands idle.

The figure ends where the run is claimed and its training begins, in the process that fits. What comes then is
the training's own work and grows with its data; it stands beside the figure up to the fit itself, once with
features that a sibling has made and once with its own.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import count

from benchmarks.stream import tape
from benchmarks.stream.figure import Figure, shown
from benchmarks.stream.percentiles import percentile, percentiles
from benchmarks.stream.rival import child, end, heard, tell
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.trainee import Place
from clm.data.synthetic import synthetic_bars
from clm.events import SECOND, micros
from clm.ports import Job, RunRecord
from worker import bootstrap
from worker.stage import Stage

KEYS = {"recycled": "warm_start_ms", "fresh": "fresh_child_ms"}
POINTS = ("job", "training", "fit")
SYMBOLS, BARS, SEED = ("AAA", "BBB", "CCC", "DDD"), 600, 3
SETTLE = 3
PAUSE_S = 0.3
"""After each job: the worker writes its end down and waits for the next one."""

Times = dict[str, list[int]]
"""Point -> nanoseconds since the enqueue, job after job."""


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """Both rows of this section."""
    for mode, key in KEYS.items():
        with tempfile.TemporaryDirectory(prefix="clm-bench-") as home:
            place = Place(url, f"bench-{mode}", mode, home)
            synthetic_bars(SYMBOLS, BARS, SEED, tape.BAR_SECONDS).to_parquet(place.bars)
            alone, shared = _timed(place, sizes.started)
        yield Figure(key, shown(percentile(shared["training"], 0.5) / 1e6), _raw(alone, shared))


def _raw(alone: Times, shared: Times) -> dict[str, object]:
    points = {point: percentiles(shared[point], 1e-6) for point in POINTS}
    return {"unit": "ms", **points, "fit_behind_own_features": percentiles(alone["fit"], 1e-6)}


def _timed(place: Place, jobs: int) -> tuple[Times, Times]:
    """Jobs of a moment each, then as many of one moment."""
    stage = bootstrap.redis_stage(place.settings)
    trainee = child("benchmarks.stream.trainee")
    try:
        tell(trainee, asdict(place))
        heard(trainee, place.mode)
        runs = _Runs(stage, trainee, place)
        alone = [runs.timed(hours) for hours in range(jobs + SETTLE)][SETTLE:]
        shared = [runs.timed(0) for _ in range(jobs + SETTLE)][SETTLE:]
    finally:
        end(trainee)
    return _columns(alone), _columns(shared)


def _columns(rows: list[dict[str, int]]) -> Times:
    return {point: [row[point] for row in rows] for point in POINTS}


class _Runs:
    """Runs of one worker, one after the other."""

    def __init__(self, stage: Stage, trainee: subprocess.Popen[str], place: Place) -> None:
        self._stage, self._trainee = stage, trainee
        self._numbers = count(1)
        self._newest = micros(bootstrap.bars(place.bars, stage.scope).as_of)

    def timed(self, bars: int) -> dict[str, int]:
        """Point -> ns since the enqueue, of a run as of so many bars before the newest."""
        record = RunRecord(
            run=f"bench-{next(self._numbers)}",
            model_type="lightgbm",
            as_of=self._newest - bars * tape.BAR_SECONDS * SECOND,
            cause="",
            trigger="time",
            evidence={"regimes": []},
        )
        self._stage.runs.open(record)
        begun = time.monotonic_ns()
        self._stage.queue.enqueue_new([Job(record.run, 1, record.model_type)])
        times = {}
        for wanted in POINTS:
            point, when, _ = heard(self._trainee, "trainee")
            assert point == wanted
            times[point] = when - begun
        while self._stage.runs.unfinished():
            time.sleep(PAUSE_S / 10)
        time.sleep(PAUSE_S)
        return times
