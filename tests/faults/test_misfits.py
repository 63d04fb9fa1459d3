"""A training that crashes, hangs or takes all memory fails alone: its worker and the others go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clm.ports import Job, RunRecord
from tests.acceptance.crew import ROOT
from tests.acceptance.site import Site
from worker import bootstrap
from worker.overseer import ENDED_ITSELF

SOON = {"run_limit_seconds": {"xgboost": 0.5}}
LITTLE = {"run_limit_bytes": {"xgboost": 64_000_000}}
ENOUGH_S = 120.0


def opened(site: Site) -> None:
    """A run that will go wrong, and one behind it."""
    as_of = site.market.tape.bars[-1].at
    for run, name in (("watcher-1", "xgboost"), ("watcher-2", "lightgbm")):
        evidence = {"regimes": ()}
        record = RunRecord(run=run, model_type=name, as_of=as_of, cause="", trigger="time", evidence=evidence)
        site.stage.runs.open(record)
        site.stage.queue.enqueue_new([Job(run, 1, name)])


def worked(site: Site, how: str) -> int:
    """Work the queue off; the worker's exit code."""
    command = [sys.executable, "-m", "tests.faults.misfits", how]
    with (site.directory / "worker.log").open("ab") as out:
        done = subprocess.run(
            command, cwd=ROOT, env=site.environment, stdout=out, stderr=out, timeout=ENOUGH_S, check=False
        )
    return done.returncode


def told(site: Site, run: str) -> tuple[str, str]:
    record = site.stage.runs.get(run)
    return record.phase, record.error or ""


@pytest.mark.parametrize(
    ("how", "limits"),
    [("hang", SOON), ("freeze", SOON), ("gorge", LITTLE)],
)
def test_a_training_beyond_its_limits_is_ended_and_says_why(
    server_url: str, tmp_path: Path, how: str, limits: dict[str, Any]
) -> None:
    site = Site(tmp_path, server_url, {"worker_mode": "fresh", **limits})
    opened(site)
    assert worked(site, how) == 0
    phase, error = told(site, "watcher-1")
    assert phase == "failed"
    assert f"raise {next(iter(limits))}.xgboost" in error
    assert told(site, "watcher-2") == ("candidate", "")
    assert bootstrap.reconciler(site.stage).look() == []


@pytest.mark.parametrize("how", ["segfault", "exit"])
def test_a_training_that_crashes_leaves_its_run_to_another_attempt_at_once(
    server_url: str, tmp_path: Path, how: str
) -> None:
    site = Site(tmp_path, server_url, {"worker_mode": "fresh"}, run_lease_s=600.0)
    opened(site)
    assert worked(site, how) == 0
    assert (told(site, "watcher-1"), told(site, "watcher-2")) == (("started", ""), ("candidate", ""))
    assert [each.run for each in bootstrap.reconciler(site.stage).look()] == ["watcher-1"]


def test_a_worker_without_children_ends_itself_with_a_training_beyond_its_limits(
    server_url: str, tmp_path: Path
) -> None:
    site = Site(tmp_path, server_url, {"worker_mode": "recycled", **SOON})
    opened(site)
    assert worked(site, "hang") == ENDED_ITSELF
    phase, error = told(site, "watcher-1")
    assert (phase, "run_limit_seconds.xgboost" in error) == ("failed", True)
    assert site.stage.queue.waits(Job("watcher-2", 1, "lightgbm"))  # for the worker that is started next
