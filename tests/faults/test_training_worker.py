"""The training worker runs nothing but trainings; one that is recycled never forks."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rq import Queue
from rq.serializers import DefaultSerializer, JSONSerializer

from clm.ports import Job, RunRecord
from clm.store.rq_queue import queue_name
from tests.acceptance.site import Site
from worker import bootstrap


@pytest.fixture
def site(server_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose worker runs in this process; RQ takes signals over, which is undone."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    site = Site(tmp_path, server_url, {"worker_mode": "recycled"})
    yield site
    bootstrap.STATIONS.pop(site.scope, None)
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def work(site: Site) -> None:
    """Work off the queue in this process."""
    bootstrap.station(site.scope, site.settings)
    bootstrap.training_worker(site.settings, site.scope).work(burst=True, logging_level="CRITICAL")


def opened(site: Site, run: str) -> RunRecord:
    """A queued run as of the newest bar."""
    as_of = site.market.tape.bars[-1].at
    record = RunRecord(
        run=run, model_type="lightgbm", as_of=as_of, cause="", trigger="manual", evidence={"regimes": []}
    )
    site.stage.runs.open(record)
    site.stage.queue.enqueue_new([Job(run, 1, "lightgbm")])
    return record


@pytest.mark.parametrize("serializer", [JSONSerializer, DefaultSerializer], ids=["json", "pickle"])
def test_a_job_that_names_another_callable_is_not_run(site: Site, redis_client: Any, serializer: Any) -> None:
    marker = site.directory / "marker"
    queue = Queue(queue_name(site.scope), connection=redis_client, serializer=serializer)
    queue.enqueue_call("os.system", (f"touch {marker}",))
    opened(site, "watcher-1")
    work(site)
    assert not marker.exists()
    assert site.stage.runs.get("watcher-1").phase == "candidate"  # what is queued behind it is trained


def test_two_trainings_in_one_process_neither_fork_nor_hang(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise AssertionError("a training worker forked")

    monkeypatch.setattr(os, "fork", refuse)
    for run in ("watcher-1", "watcher-2"):
        opened(site, run)
    work(site)
    assert [site.stage.runs.get(run).phase for run in ("watcher-1", "watcher-2")] == ["candidate"] * 2
