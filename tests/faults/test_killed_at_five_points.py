"""SIGKILL at five points of a training: another attempt ends the run once, with one candidate."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clm.events import Run
from clm.model import ModelType
from clm.ports import Job, RunRecord
from tests.acceptance.crew import ROOT
from tests.acceptance.site import Site
from tests.faults.doomed import POINTS
from worker import bootstrap

RUN = "watcher-1"
PATIENCE_S = 20.0


@pytest.fixture
def site(server_url: str, tmp_path: Path) -> Iterator[Site]:
    """A queued run of LightGBM; RQ takes signals over, which is undone."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    site = Site(tmp_path, server_url, {"models": ["lightgbm"], "worker_mode": "recycled"})
    as_of = site.market.tape.bars[-1].at
    record = RunRecord(
        run=RUN, model_type="lightgbm", as_of=as_of, cause="", trigger="time", evidence={"regimes": []}
    )
    site.stage.runs.open(record)
    site.stage.queue.enqueue_new([Job(RUN, 1, "lightgbm")])
    yield site
    bootstrap.STATIONS.pop(site.scope, None)
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def killed(site: Site, point: str) -> None:
    """Let a worker take the job and be killed at a point of it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.doomed", point], cwd=ROOT, env=site.environment, check=False
    )
    assert done.returncode == -signal.SIGKILL


def reconciled(site: Site) -> None:
    """Look until the run is queued again."""
    reconciler, deadline = bootstrap.reconciler(site.stage), time.monotonic() + PATIENCE_S
    while not reconciler.look():
        assert time.monotonic() < deadline, "the run was not queued again"
        time.sleep(0.1)


def work(site: Site) -> None:
    """Work off the queue in this process."""
    bootstrap.station(site.scope, site.settings)
    bootstrap.training_worker(site.settings, site.scope).work(burst=True, logging_level="CRITICAL")


@pytest.mark.parametrize("point", POINTS)
def test_a_run_whose_worker_is_killed_ends_once_with_one_candidate(site: Site, point: str) -> None:
    killed(site, point)
    reconciled(site)
    work(site)
    record, kept = site.stage.runs.get(RUN), site.stage.registry.get_model_history(ModelType.LIGHTGBM)
    tries = (1, 1) if point == "claim" else (2, 0)  # begun, and lost before they began
    assert (record.phase, record.attempt, record.lost) == ("candidate", *tries)
    assert [each.version for each in kept] == [record.version]
    events = bootstrap.recorded(site.stage, site.settings.policy())
    assert [each.phase for each in events if isinstance(each, Run)] == ["started", "candidate"]
    assert (bootstrap.reconciler(site.stage).look(), site.stage.runs.unfinished()) == ([], ())
