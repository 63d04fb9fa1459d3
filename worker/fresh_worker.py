"""The RQ worker that fits every job in a child of its own, forked before the job comes.

A fork copies the page tables of all that is imported, some 20 ms; who stands ready has that behind it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rq import Worker
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from worker.rq_worker import TrainingJob
from worker.shift import Hand

STOPS = (signal.SIGINT, signal.SIGTERM)
"""What asks a worker to stop."""

ORDER_BYTES = 4096
"""Most bytes of an order: the system writes so many to a pipe in one piece."""


def nothing() -> None:
    """What a hook does that nobody set."""


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What happens around a fork. None of it may run a library that trains."""

    before: Callable[[], None] = nothing  # in the parent, before each fork
    tie: Callable[[], None] = nothing  # first in the child: it must not outlive its parent
    ready: Callable[[], object] = nothing  # in the child, before its job comes


@dataclass(frozen=True)
class Spare:
    """A child that waits for its job."""

    pid: int
    orders: int  # the end of the pipe that is written to

    def give(self, order: bytes) -> bool:
        """Tell it its job; False if it is dead."""
        try:
            os.write(self.orders, order)
        except BrokenPipeError:
            return False
        finally:
            os.close(self.orders)
        return True

    def dismiss(self) -> None:
        """Let it end without a job."""
        os.close(self.orders)
        os.waitpid(self.pid, 0)


class FreshWorker(Hand, Worker):
    """Never trains in its own process: a fork after XGBoost, LightGBM or torch has run would deadlock.

    A child that crashes or is killed takes nothing with it, and gives back all its memory when it ends.
    """

    job_class = TrainingJob

    def __init__(self, queues: Any, *, hooks: Hooks | None = None, **options: Any) -> None:
        options["serializer"] = JSONSerializer
        super().__init__(queues, **options)
        self._hooks = hooks or Hooks()
        self._spare: Spare | None = None

    def dequeue_job_and_maintain_ttl(self, *arguments: Any, **named: Any) -> Any:
        """Wait for a job, with a child that waits for it too."""
        self._spare = self._spare or self._forked()
        return super().dequeue_job_and_maintain_ttl(*arguments, **named)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:  # noqa: ARG002 - RQ's signature
        """Hand the job to the child that waits, or to a new one if that has died."""
        assert self.execution is not None
        order = json.dumps([job.id, self.execution.id]).encode()
        spare, self._spare = self._spare or self._forked(), None
        while not spare.give(order):
            os.waitpid(spare.pid, 0)
            spare = self._forked()
        self._horse_pid = spare.pid

    def teardown(self) -> None:
        """Leave the queue, with the child that waits."""
        if self._spare is not None:
            self._spare.dismiss()
            self._spare = None
        super().teardown()

    def _forked(self) -> Spare:
        """Fork a child that waits for its job.

        What is there now is taken out of garbage collection, which would write to every page and so copy
        it. A request to stop waits until the fork is done: raised within it, it would be swallowed.
        """
        self._hooks.before()
        if not gc.get_freeze_count():
            gc.collect()
            gc.freeze()
        orders, give = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        pid = os.fork()
        if pid == 0:
            os.close(give)
            self._live(orders)
        os.close(orders)
        spare = Spare(pid, give)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        return spare

    def _live(self, orders: int) -> None:
        """The child's life: wait for the order, work it, end."""
        try:
            os.setpgrp()
            self._hooks.tie()
            self.setup_work_horse_signals()  # type: ignore[no-untyped-call]
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            self.connection.ping()
            self._hooks.ready()
            order = os.read(orders, ORDER_BYTES)
            if not order:
                os._exit(0)
            self._work(*json.loads(order))
        finally:
            if sys.exc_info()[0] is not None:
                traceback.print_exc()
            os._exit(1)

    def _work(self, job_id: str, execution_id: str) -> None:
        job = self.job_class.fetch(job_id, self.connection, serializer=self.serializer)
        self.execution = Execution.fetch(execution_id, job_id, self.connection)
        self.main_work_horse(job, self.queues[0])
