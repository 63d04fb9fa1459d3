"""From the publish call to the job in RQ's queue: real watcher and dispatcher, beside RQ's own enqueue."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from benchmarks.stream.crew import at, serving
from benchmarks.stream.figure import Figure, shown
from benchmarks.stream.patience import until
from benchmarks.stream.percentiles import percentile, percentiles
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import connected, staged
from benchmarks.stream.sizes import Sizes
from benchmarks.stream.stock import course
from clm.decisions.watch import ROLE
from clm.steps.runs import ended
from clm.store.rq_queue import CALLABLE
from producers import EventPublisher
from worker.stage import Stage

PACE_S = 0.02
"""From a command to the end of its run, and from there to the next command."""

SETTLE = 10
LEASE_S = 5.0
MODEL = "xgboost"


def measure(url: str, sizes: Sizes) -> Iterator[Figure]:
    """The row of this section: each command brings one retrain, one run and one job."""
    on, asked = course(url, "bench-enqueuing"), sizes.enqueued + SETTLE
    stage, own = staged(url, on.scope), _Own(url)
    with serving(on, "watcher", "dispatcher") as crew, EventPublisher(url, on.scope) as publisher:
        published: dict[str, int] = {}
        enqueues = []
        for number in range(asked):
            published[f"{publisher.p}-{number}"] = time.monotonic_ns()
            publisher.command("retrain", (MODEL,), reason="bench")
            time.sleep(PACE_S)
            until(stage.runs.unfinished, "a command brings a run")
            _end_runs(stage)
            enqueues.append(own.enqueue_ns(number))
            until(partial(_folded, stage), "the watcher folds the end of the run")
            time.sleep(PACE_S)
        noted, queued = crew.noted("watcher"), at(crew.noted("dispatcher"))
    decided = at(noted, 2)
    runs = {note[0]: note[1] for note in noted if len(note) == 3}
    jobs = {name: queued[runs[name]] for name in published if runs.get(name) in queued}
    if len(jobs) != asked:
        raise BrokenRun(f"{len(jobs)} of {asked} commands came to be jobs")
    to_job = [jobs[name] - published[name] for name in published][SETTLE:]
    to_decision = [decided[name] - published[name] for name in published][SETTLE:]
    yield Figure(
        "enqueued_over_rq",
        _ratio(to_job, to_decision, enqueues[SETTLE:]),
        _raw(to_job, to_decision, enqueues),
    )


def _ratio(to_job: list[int], to_decision: list[int], enqueues: list[int]) -> float:
    return shown(percentile(to_job, 0.5) / (percentile(to_decision, 0.5) + percentile(enqueues, 0.5)))


def _raw(to_job: list[int], to_decision: list[int], enqueues: list[int]) -> dict[str, object]:
    return {
        "unit": "µs",
        "publish_to_job": percentiles(to_job, 1e-3),
        "publish_to_decision": percentiles(to_decision, 1e-3),
        "rq_enqueue": percentiles(enqueues, 1e-3),
    }


class _Own:
    """RQ's own enqueue of the same job, as its documentation has it."""

    def __init__(self, url: str) -> None:
        from rq import Queue

        self._queue = Queue("bench-own", connection=connected(url))

    def enqueue_ns(self, number: int) -> int:
        begun = time.monotonic_ns()
        self._queue.enqueue(CALLABLE, "bench", str(number), 1, job_id=f"bench-{number}")
        return time.monotonic_ns() - begun


def _folded(stage: Stage) -> bool:
    return stage.progress.cursors().get(ROLE) == stage.events.last_id()


def _end_runs(stage: Stage) -> None:
    """Let the open run fail, so that the next command brings a retrain again."""
    for record in stage.runs.unfinished():
        fence = stage.runs.claim(record.run, "bench", LEASE_S)
        if fence is not None:
            failed = replace(record, phase="failed", error="a bench trains nothing")
            stage.runs.finish(failed, fence, ended(failed))
