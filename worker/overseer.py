"""The overseer of trainings: ends one that takes more than it may, and sees to the run of one that died."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import structlog
from rq.exceptions import DeserializationError
from rq.job import Job

from clm.errors import ClmError, NotOwner, RefusedByServer, UnreachableServer
from clm.model import ModelType
from clm.ports import Runs
from clm.steps.runs import ended
from worker.fresh_worker import Death, Watch, unwatched
from worker.identity import owner_name
from worker.rq_worker import ALLOWED
from worker.watchdog import LOOK_S, Allowances, Watchdog

log = structlog.get_logger(__name__)

ENDED_ITSELF = 75
"""Exit code of a worker that ended itself with its training; whoever supervises it starts it again."""


class Overseer:
    """Over the trainings of one scope."""

    def __init__(self, runs: Runs, allowances: Allowances) -> None:
        self._runs, self._allowances = runs, allowances

    def watch(self, job: Job, pid: int) -> Watch:
        """The watch over a child that works a job."""
        run = run_of(job)
        return unwatched() if run is None else self._watch(run, pid)

    def gone(self, job: Job, death: Death) -> None:
        """Fail the run of a child that was ended for it; else give up a lease that it left behind."""
        run = run_of(job)
        if run is None:
            return
        try:
            if death.reason is not None:
                self._condemn(run, owner_name(death.pid), death.reason, death.cpu_seconds)
            elif self._runs.abandon(run, owner_name(death.pid)) or death.status != 0:
                log.warning("died", run=run, pid=death.pid, status=death.status)
        except (UnreachableServer, RefusedByServer) as error:
            log.warning("lease runs on", run=run, error=str(error))

    @contextmanager
    def guarding(self, run: str) -> Iterator[None]:
        """Watch over this very process while it trains: all that can end the training is its end."""
        watch, since = self._watch(run, os.getpid()), time.process_time()

        def end(reason: str) -> None:
            try:
                self._condemn(run, owner_name(), reason, time.process_time() - since)
            finally:
                os._exit(ENDED_ITSELF)

        with watching(watch, end):
            yield

    def _watch(self, run: str, pid: int) -> Watch:
        return Watchdog(pid, partial(self._model_type, run), self._allowances).complaint

    def _model_type(self, run: str) -> ModelType | None:
        try:
            return ModelType(self._runs.get(run).model_type)
        except ClmError:  # nobody answers, or nobody knows it: asked again at the next look
            return None

    def _condemn(self, run: str, owner: str, reason: str, cpu_seconds: float) -> None:
        record = self._runs.get(run)
        failed = replace(
            record, phase="failed", error=reason, ended_wall=time.time(), cpu_seconds=cpu_seconds
        )
        try:
            self._runs.condemn(failed, owner, ended(failed))
        except NotOwner:  # it had not begun, or ended in the same moment
            log.warning("ended before its run was its own", run=run, reason=reason)
            return
        log.error("ended", run=run, model_type=record.model_type, reason=reason)


@contextmanager
def watching(watch: Watch, end: Callable[[str], None], every_s: float = LOOK_S) -> Iterator[None]:
    """Look from a thread while the context lasts; ``end`` is called at the first complaint."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(every_s):
            if reason := watch():
                end(reason)
                return

    thread = threading.Thread(target=look, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def run_of(job: Job) -> str | None:
    """The run that a job is about; None for one that is not ours."""
    try:
        return str(job.args[1]) if job.func_name in ALLOWED else None
    except (DeserializationError, IndexError):
        return None
