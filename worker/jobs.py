"""The callable that RQ runs: ``worker.jobs.train`` is a wire name and must stay."""

from __future__ import annotations

import os
import socket

import structlog

from clm.errors import UnreachableServer
from clm.steps.job import work
from worker import bootstrap
from worker.loop import Lease

log = structlog.get_logger(__name__)


def owner(pid: int) -> str:
    """Who a process of this machine is in the lease of its run."""
    return f"{socket.gethostname()}-{pid}"


def abandoned(scope: str, run: str, pid: int) -> None:
    """A process that worked a run is dead: end its lease, so that the run need not wait for it."""
    try:
        ended = bootstrap.station(scope).bench.runs.abandon(run, owner(pid))
    except UnreachableServer as error:
        log.warning("lease runs on", scope=scope, run=run, error=str(error))
        return
    log.warning("died", scope=scope, run=run, pid=pid, leased=ended)


def train(scope: str, run: str, attempt: int) -> str:
    """Work one attempt of a run; the phase it ended in, or ``skipped``.

    Raises:
        NotOwner: a later attempt holds the run.
        UnreachableServer: the server does not answer; the reconciler queues the run again.
    """
    station = bootstrap.station(scope)
    fence = station.bench.runs.claim(run, owner(os.getpid()), station.lease_s)
    if fence is None:
        log.info("skipped", scope=scope, run=run, attempt=attempt)
        return "skipped"
    record = station.bench.runs.get(run)
    structlog.contextvars.bind_contextvars(run=run, model_type=record.model_type)
    try:
        with Lease(station.bench.runs.renew, fence, station.lease_s):
            ended = work(record, fence, station.bench)
    finally:
        structlog.contextvars.unbind_contextvars("run", "model_type")
    log.info(
        "trained",
        scope=scope,
        run=run,
        model_type=ended.model_type,
        phase=ended.phase,
        version=ended.version,
        error=ended.error,
        seconds=round(ended.duration_seconds, 3),
    )
    return ended.phase
