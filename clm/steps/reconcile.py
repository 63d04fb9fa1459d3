"""Reconciling: a run whose worker died is queued again, and one that keeps dying is given up."""

from __future__ import annotations

from dataclasses import replace

from clm.ports import Job, JobQueue, RunRecord, Runs
from clm.steps.runs import RECALL, ended, next_job

MAX_ATTEMPTS = 3
"""How often a run is tried before its record says that it failed."""

LOOKS = 4
"""In so many looks in a row a job must be missing to count as lost: a whole lease, at a look each third."""


class Reconciler:
    """Looks from time to time at the runs that have not ended.

    An attempt that began has died when its lease has ended. A job that neither waits nor is being worked
    may just be on its way to a worker, so it must be missing for ``LOOKS``.
    """

    def __init__(self, runs: Runs, queue: JobQueue) -> None:
        self._runs, self._queue = runs, queue
        self._missing: dict[Job, int] = {}  # -> looks in a row
        self._sent: set[Job] = set()  # that this process queued again

    def look(self) -> list[RunRecord]:
        """Queue dead runs again, or give them up; those that were touched."""
        touched, missing = [], dict[Job, int]()
        for record in self._runs.unfinished():
            if RECALL in record.evidence:
                continue  # nobody trains for it: the dispatcher ends it before it goes on
            job = next_job(record)
            if self._queue.waits(job) or self._runs.leased(record.run):
                continue
            if record.phase == "started" and job not in self._sent:
                touched.append(self._again(record))
            elif self._missing.get(job, 0) + 1 >= LOOKS:
                touched += self._lost(record)
            else:
                missing[job] = self._missing.get(job, 0) + 1
        self._missing = missing
        return touched

    def _lost(self, record: RunRecord) -> list[RunRecord]:
        counted = self._runs.lose(record)
        return [] if counted is None else [self._again(counted)]

    def _again(self, record: RunRecord) -> RunRecord:
        if record.attempt + record.lost >= MAX_ATTEMPTS:
            return self._give_up(record)
        job = next_job(record)
        self._queue.enqueue(job)
        self._sent.add(job)
        return record

    def _give_up(self, record: RunRecord) -> RunRecord:
        before = f", {record.lost} of them before it began" if record.lost else ""
        error = (
            f"the training worker died {record.attempt + record.lost} times{before}: see its log, "
            "then retrain by hand"
        )
        failed = replace(record, phase="failed", error=error, dead=True)
        self._runs.bury(failed, ended(failed))
        return failed
