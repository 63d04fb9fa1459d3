"""A shift: the RQ worker of a pool, hired anew whenever a server that went away took one with it.

RQ outlasts a lost server only where it waits for a job; wherever else it meets one, its worker quits.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import redis.exceptions
import structlog
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.worker import BaseWorker

log = structlog.get_logger(__name__)

LOST = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)
"""What a client raises when its server went away."""


class Hand(BaseWorker):
    """An RQ worker that can tell why its work ended."""

    worked = 0  # jobs
    _asked = False  # to stop, by a signal

    def asked(self) -> bool:
        """Whether a signal asked it to stop."""
        return self._asked

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the job at hand. Raises StopRequested where there is none."""
        self._asked = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Work a job, and count it."""
        super().execute_job(job, queue)
        self.worked += 1

    def teardown(self) -> None:
        """Leave the queue. A server that is gone cannot be told, and forgets the worker by itself."""
        try:
            super().teardown()  # type: ignore[no-untyped-call]
        except LOST as error:
            log.warning("left untold", error=str(error))
            with suppress(*LOST):
                self.unsubscribe()  # type: ignore[no-untyped-call]


def work(
    hire: Callable[[], Hand], rest: Callable[[], object], *, burst: bool = False, max_jobs: int | None = None
) -> None:
    """Work until a signal asks to stop, ``max_jobs`` are done or, in a burst, the queue is empty.

    Parameters:
        hire: gives a new worker.
        rest: waits a little; called before another worker is hired.

    Raises:
        ConnectionError, TimeoutError: of redis-py; a burst found no server.
    """
    left = max_jobs
    try:
        while True:
            hand = hire()
            ended = _worked(hand, {"burst": burst, "max_jobs": left, "logging_level": "WARNING"})
            left = None if left is None else left - hand.worked
            if ended or hand.asked() or left == 0:
                return
            log.warning("interrupted", worked=hand.worked)
            rest()
            if hand.asked():
                return
    except StopRequested:  # the last worker's signal handler, while there was none at work
        return


def _worked(hand: Hand, options: dict[str, Any]) -> bool:
    """Let a worker work; whether that was all."""
    try:
        hand.work(**options)
    except LOST:
        if options["burst"]:
            raise
        return False
    return bool(options["burst"])
