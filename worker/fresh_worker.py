"""The RQ worker that fits every job in a child of its own, forked before the job comes.

A fork copies the page tables of all that is imported, some 20 ms; who stands ready has that behind it.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rq import Worker
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from worker.rq_worker import TrainingJob
from worker.shift import Hand
from worker.watchdog import LOOK_S

STOPS = (signal.SIGINT, signal.SIGTERM)
"""What asks a worker to stop."""

DISMISSED_S = 2.0
"""How long a child without a job may take to end, seconds."""

OOM_SCORE = "500"
"""As if half of the machine's memory were its own besides; a process may always raise its own."""

ORDER_BYTES = 4096
"""Most bytes of an order: the system writes so many to a pipe in one piece."""


def nothing() -> None:
    """What a hook does that nobody set."""


Watch = Callable[[], "str | None"]
"""Says why a child has to be ended now; None if it has not."""


@dataclass(frozen=True)
class Death:
    """How a child ended."""

    pid: int
    status: int | None  # as ``os.wait4`` tells it; 0: by itself; None: nobody knows
    cpu_seconds: float
    reason: str | None  # why the parent ended it; None: it did not


def unwatched(*_: object) -> Watch:
    """The watch over a child that may take what it wants."""
    return lambda: None


def unmourned(*_: object) -> None:
    """Nothing happens where a child has ended."""


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """What happens around a fork. None of it may run a library that trains."""

    before: Callable[[], None] = nothing  # in the parent, before each fork
    tie: Callable[[], None] = nothing  # first in the child: it must not outlive its parent
    ready: Callable[[], object] = nothing  # in the child, before its job comes
    watch: Callable[[Job, int], Watch] = unwatched  # in the parent, once a child has its job
    gone: Callable[[Job, Death], None] = unmourned  # in the parent, once it has ended


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
        """Let it end without a job; one that does not, frozen perhaps, is killed."""
        os.close(self.orders)
        if not ends(self.pid, DISMISSED_S):
            os.kill(self.pid, signal.SIGKILL)
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
        self._watch: Watch = unwatched()
        self._status: int | None = None  # how the last child ended
        self._reason: str | None = None  # why the child at work was ended
        self._usage: Any = None  # what the last child that ended had used

    def dequeue_job_and_maintain_ttl(self, *arguments: Any, **named: Any) -> Any:
        """Wait for a job, with a child that waits for it too."""
        if self._spare is None:
            self._forked()
        return super().dequeue_job_and_maintain_ttl(*arguments, **named)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:  # noqa: ARG002 - RQ's signature
        """Hand the job to the child that waits, or to a new one if that has died."""
        assert self.execution is not None
        order = json.dumps([job.id, self.execution.id]).encode()
        spare = self._taken()
        while not spare.give(order):
            os.waitpid(spare.pid, 0)
            spare = self._taken()
        self._horse_pid = spare.pid

    def monitor_work_horse(self, job: Job, queue: Queue, execution: Execution) -> None:
        """Watch over the child until it has ended, however it does."""
        pid, self._status, self._usage, self._reason = self.horse_pid, None, None, None
        self._watch = self._hooks.watch(job, pid)
        super().monitor_work_horse(job, queue, execution)
        cpu = 0.0 if self._usage is None else self._usage.ru_utime + self._usage.ru_stime
        self._hooks.gone(job, Death(pid, self._status, cpu, self._reason))

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait until the child ends, and end it where the watch says so."""
        while not ends(self.horse_pid, LOOK_S):
            self._reason = self._reason or self._watch()
            if self._reason:
                self.kill_horse()
        pid, self._status, self._usage = super().wait_for_horse()
        return pid, self._status, self._usage

    def teardown(self) -> None:
        """Leave the queue, with the child that waits."""
        if self._spare is not None:
            self._spare.dismiss()
            self._spare = None
        super().teardown()

    def _taken(self) -> Spare:
        """The child that waits, or a new one; it waits no more."""
        spare, self._spare = self._spare or self._forked(), None
        return spare

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
        self._spare = spare = Spare(pid, give)  # known before a signal may end this
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        return spare

    def _live(self, orders: int) -> None:
        """The child's life: wait for the order, work it, end."""
        try:
            os.setpgrp()
            self._hooks.tie()
            first_to_go()
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


def ends(pid: int, seconds: float) -> bool:
    """Whether a child of this process ends within so many seconds; it still has to be waited for."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def first_to_go() -> None:
    """Tell the system to take this process where memory runs out, and not the server or a role."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
