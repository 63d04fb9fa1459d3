"""The job queue on RQ, one queue per pool of workers. RQ is loaded when a queue is made, never by an import.

RQ delivers an attempt at least once; whether it is worked is decided by the run's record and its lease.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clm.errors import UnreachableServer
from clm.ports import Job

if TYPE_CHECKING:
    from redis import Redis

CALLABLE = "worker.jobs.train"
"""What a job runs; a name on the wire, so that whoever enqueues need not import it."""

KEPT_SECONDS = 600
"""How long RQ keeps an ended job. The run's record is the truth, RQ's copy only helps to look around."""

NO_TIMEOUT = -1
"""RQ ends no attempt: the worker's watchdog does (worker/watchdog.py), which knows the limit and says why."""


class RqJobQueue:
    """Attempts of runs as RQ jobs of one scope.

    Parameters:
        client: redis.Redis of its own, without decoding: RQ leaves jobs queued for ever on a decoding one.
        scope: name of the scope.
        pools: model type -> the pool of workers that train it; "" or none: the scope's common pool.
    """

    def __init__(self, client: Redis, scope: str, pools: Mapping[str, str] | None = None) -> None:
        self._client, self._scope = client, scope
        self._pools = dict(pools or {})
        self._queues = {pool: self._made(pool) for pool in ("", *self._pools.values())}

    def enqueue(self, job: Job) -> str:
        """Queue a job; while it waits, once more changes nothing.

        One that RQ still knows but that no longer waits is queued again: the worker that took it may have
        died before it claimed the run, and a claim that is not due is refused anyway.

        Raises:
            UnreachableServer: the queue's server does not answer.
        """
        from rq.exceptions import DuplicateJobError

        try:
            self._ask(self._put, job, unique=True)
        except DuplicateJobError:
            self._again(job)
        return self._name(job)

    def enqueue_new(self, jobs: Sequence[Job]) -> None:
        """Queue jobs that never were in the queue, in this order and one round trip.

        The run's record says that they are new, so that RQ need not ask its server.

        Raises:
            UnreachableServer: the queue's server does not answer.
        """
        pipe = self._client.pipeline(transaction=True)
        for job in in_order(jobs):
            self._put(job, pipeline=pipe)
        self._ask(pipe.execute)

    def waits(self, job: Job) -> bool:
        """Whether the job still waits in the queue. Raises UnreachableServer."""
        return self._ask(self._of(job).get_job_position, self._name(job)) is not None

    def _made(self, pool: str) -> Any:
        from rq import Queue
        from rq.serializers import JSONSerializer

        return Queue(queue_name(self._scope, pool), connection=self._client, serializer=JSONSerializer)

    def _put(self, job: Job, **how: Any) -> None:
        self._of(job).enqueue_call(
            CALLABLE,
            (self._scope, job.run, job.attempt),
            job_id=self._name(job),
            at_front=job.urgent,
            timeout=NO_TIMEOUT,
            result_ttl=KEPT_SECONDS,
            failure_ttl=KEPT_SECONDS,
            **how,
        )

    def _again(self, job: Job) -> None:
        queue = self._of(job)
        known = None if self.waits(job) else self._ask(queue.fetch_job, self._name(job))
        if known is not None:
            self._ask(queue.enqueue_job, known, at_front=job.urgent)

    def _of(self, job: Job) -> Any:
        return self._queues[self._pools.get(job.model_type, "")]

    def _name(self, job: Job) -> str:
        return f"{self._scope}-{job.run}-{job.attempt}"

    def _ask(self, call: Any, *positional: Any, **named: Any) -> Any:
        from redis import exceptions

        try:
            return call(*positional, **named)
        except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
            raise UnreachableServer(
                f"the job queue's server does not answer ({error}): start it, or set CLM_QUEUE_URL"
            ) from error


def in_order(jobs: Sequence[Job]) -> list[Job]:
    """Jobs in the order to push them: the last urgent one first, for each goes to the very front."""
    return [*(each for each in reversed(jobs) if each.urgent), *(each for each in jobs if not each.urgent)]


def queue_name(scope: str, pool: str = "") -> str:
    """The RQ queue of a pool of a scope's workers: the only one that each of them listens to.

    >>> queue_name("us-daily"), queue_name("us-daily", "networks")
    ('clm-us-daily', 'clm-us-daily.networks')
    """
    return f"clm-{scope}.{pool}" if pool else f"clm-{scope}"
