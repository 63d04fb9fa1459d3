"""A fresh worker fits in children: one that dies takes nothing with it, and none outlives its worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clm.ports import Job, RunRecord
from tests.acceptance.crew import Crew
from tests.acceptance.site import TREES, Site
from worker import bootstrap

SLOW = {"n_estimators": 4000, "max_depth": 6, "learning_rate": 0.002}
"""Seconds of training: time enough to be killed in."""

JOBS = 24
"""With two threads each: after a fork behind a fit, the first of them would never end."""


def within(seconds: float, holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"no {what} in {seconds:g} s"
        time.sleep(0.01)


def crewed(directory: Path, url: str, **params: object) -> Crew:
    """A site with nobody at work yet, whose boosters train with two threads."""
    own = {"xgboost": {**TREES, "nthread": 2, **params}, "lightgbm": {**TREES, "num_threads": 2}}
    changes = {"models": ["xgboost", "lightgbm"], "worker_mode": "fresh", "training_params": own}
    return Crew(Site(directory, url, {"training_lookback_days": 4, **changes}), names=())


def ask(site: Site, run: str, model_type: str = "xgboost") -> None:
    as_of = site.market.tape.bars[-1].at
    record = RunRecord(
        run=run, model_type=model_type, as_of=as_of, cause="", trigger="time", evidence={"regimes": []}
    )
    site.stage.runs.open(record)
    site.stage.queue.enqueue_new([Job(run, 1, model_type)])


def phase(site: Site, run: str) -> str:
    return site.stage.runs.get(run).phase


@pytest.fixture
def busy(server_url: str, tmp_path: Path) -> Iterator[Crew]:
    """A worker whose child is fitting."""
    with crewed(tmp_path, server_url, **SLOW) as crew:
        ask(crew.site, "watcher-1")
        crew.start("worker")
        within(60, lambda: phase(crew.site, "watcher-1") == "started", "training")
        yield crew


def test_many_trainings_after_one_another_never_hang(server_url: str, tmp_path: Path) -> None:
    runs = [f"watcher-{number}" for number in range(JOBS)]
    with crewed(tmp_path, server_url) as crew:
        for number, run in enumerate(runs):
            ask(crew.site, run, ("xgboost", "lightgbm")[number % 2])
        crew.start("worker")
        within(100, lambda: not crew.site.stage.runs.unfinished(), "end of all trainings")
        assert [phase(crew.site, run) for run in runs] == ["candidate"] * JOBS


def test_each_training_has_a_child_of_its_own(server_url: str, tmp_path: Path) -> None:
    with crewed(tmp_path, server_url) as crew:
        crew.start("worker")
        within(60, lambda: crew.children("worker"), "child")
        first = crew.children("worker")
        ask(crew.site, "watcher-1")
        within(60, lambda: phase(crew.site, "watcher-1") == "candidate", "candidate")
        within(60, lambda: crew.children("worker") not in ([], first), "second child")
        assert crew.stop("worker") == 0


def test_a_frozen_child_without_a_job_does_not_keep_its_worker_from_ending(
    server_url: str, tmp_path: Path
) -> None:
    with crewed(tmp_path, server_url) as crew:
        crew.start("worker")
        within(60, lambda: crew.children("worker"), "child")
        (child,) = crew.children("worker")
        os.kill(child, signal.SIGSTOP)
        assert crew.stop("worker") == 0
        assert not Path(f"/proc/{child}").exists()


def test_a_killed_child_leaves_its_worker_and_its_run_to_another_attempt(busy: Crew) -> None:
    (child,) = busy.children("worker")
    os.kill(child, signal.SIGKILL)
    within(20, lambda: "died" in busy.log_of("worker").read_text(), "word of the death")
    assert not busy.site.stage.runs.leased("watcher-1")
    assert [each.run for each in bootstrap.reconciler(busy.site.stage).look()] == ["watcher-1"]
    within(60, lambda: phase(busy.site, "watcher-1") == "candidate", "candidate")
    assert busy.site.stage.runs.get("watcher-1").attempt == 2
    assert busy.alive("worker")


def test_a_killed_worker_takes_its_child_with_it(busy: Crew) -> None:
    (child,) = busy.children("worker")
    busy.kill("worker")
    within(5, lambda: not Path(f"/proc/{child}").exists(), "end of the child")
    assert phase(busy.site, "watcher-1") == "started"
