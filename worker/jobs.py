"""The callable that RQ runs: ``worker.jobs.train`` is a wire name and must stay."""

from __future__ import annotations

import structlog

from clm.steps.job import work
from worker import bootstrap
from worker.identity import owner_name
from worker.loop import Lease
from worker.telling import telling

log = structlog.get_logger(__name__)


def train(scope: str, run: str, attempt: int) -> str:
    """Work one attempt of a run; the phase it ended in, or ``skipped``.

    Raises:
        NotOwner: a later attempt holds the run.
        UnreachableServer: the server does not answer; the reconciler queues the run again.
    """
    station = bootstrap.station(scope)
    fence = station.bench.runs.claim(run, owner_name(), station.lease_s)
    if fence is None:
        log.info("skipped", scope=scope, run=run, attempt=attempt)
        return "skipped"
    record = station.bench.runs.get(run)
    structlog.contextvars.bind_contextvars(run=run, model_type=record.model_type)
    try:
        runs = station.bench.runs
        with Lease(runs.renew, fence, station.lease_s), station.guard(run), telling(runs, record, fence):
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
