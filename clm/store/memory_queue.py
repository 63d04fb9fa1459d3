"""A job queue in memory: whoever drives the loop drains it."""

from __future__ import annotations

from collections.abc import Sequence

from clm.ports import Job
from clm.store.rq_queue import in_order


class MemoryJobQueue:
    """Jobs, urgent ones first, else first in first out; each is taken once."""

    def __init__(self) -> None:
        self._waiting: list[Job] = []
        self._seen: set[Job] = set()

    def enqueue(self, job: Job) -> str:
        """Queue a job; twice is once."""
        if job not in self._seen:
            self._seen.add(job)
            self._waiting.insert(0 if job.urgent else len(self._waiting), job)
        return f"{job.run}-{job.attempt}"

    def enqueue_new(self, jobs: Sequence[Job]) -> None:
        """Queue jobs in this order."""
        for job in in_order(jobs):
            self.enqueue(job)

    def waits(self, job: Job) -> bool:
        """Whether the job still waits."""
        return job in self._waiting

    def drain(self) -> list[Job]:
        """Take everything that waits."""
        taken, self._waiting = self._waiting, []
        return taken
