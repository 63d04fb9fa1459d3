"""The job queue on RQ, one queue per scope. RQ is loaded when a queue is made, never by an import.

RQ delivers an attempt at least once; whether it is worked is decided by the run's record and its lease.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clm.errors import UnreachableServer

if TYPE_CHECKING:
    from redis import Redis

CALLABLE = "worker.jobs.train"
"""What a job runs; a name on the wire, so that whoever enqueues need not import it."""

KEPT_SECONDS = 600
"""How long RQ keeps an ended job. The run's record is the truth, RQ's copy only helps to look around."""

JOB_TIMEOUT_SECONDS = 6 * 3600


class RqJobQueue:
    """Attempts of runs as RQ jobs of one scope.

    Parameters:
        client: redis.Redis of its own, without decoding: RQ leaves jobs queued for ever on a decoding one.
        scope: name of the scope.
        timeout_s: after so many seconds RQ ends an attempt.
    """

    def __init__(self, client: Redis, scope: str, timeout_s: int = JOB_TIMEOUT_SECONDS) -> None:
        from rq import Queue
        from rq.serializers import JSONSerializer

        self._scope, self._timeout_s = scope, timeout_s
        self._queue = Queue(queue_name(scope), connection=client, serializer=JSONSerializer)

    def enqueue(self, run: str, attempt: int) -> str:
        """Queue one attempt of a run; while it waits, once more changes nothing.

        An attempt that RQ still knows but that no longer waits is queued again: the worker that took it
        may have died before it claimed the run, and a claim that is not due is refused anyway.

        Raises:
            UnreachableServer: the queue's server does not answer.
        """
        from rq.exceptions import DuplicateJobError

        name = self._name(run, attempt)
        try:
            self._ask(
                self._queue.enqueue_call,
                CALLABLE,
                (self._scope, run, attempt),
                job_id=name,
                unique=True,
                timeout=self._timeout_s,
                result_ttl=KEPT_SECONDS,
                failure_ttl=KEPT_SECONDS,
            )
        except DuplicateJobError:
            self._again(name)
        return name

    def alive(self, run: str, attempt: int) -> bool:
        """Whether the attempt still waits in the queue. Raises UnreachableServer."""
        return self._waits(self._name(run, attempt))

    def _again(self, name: str) -> None:
        job = None if self._waits(name) else self._ask(self._queue.fetch_job, name)
        if job is not None:
            self._ask(self._queue.enqueue_job, job)

    def _waits(self, name: str) -> bool:
        return self._ask(self._queue.get_job_position, name) is not None

    def _name(self, run: str, attempt: int) -> str:
        return f"{self._scope}-{run}-{attempt}"

    def _ask(self, call: Any, *positional: Any, **named: Any) -> Any:
        from redis import exceptions

        try:
            return call(*positional, **named)
        except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
            raise UnreachableServer(
                f"the job queue's server does not answer ({error}): start it, or set CLM_QUEUE_URL"
            ) from error


def queue_name(scope: str) -> str:
    """The RQ queue of a scope: what its training workers listen to, and the only one each listens to."""
    return f"clm-{scope}"
