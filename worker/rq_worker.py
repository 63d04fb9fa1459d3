"""The RQ worker of trainings that are fitted one after the other in its own process; what may run there."""

from __future__ import annotations

from typing import Any

from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from clm.errors import ClmError
from worker.shift import Hand

ALLOWED = frozenset({"worker.jobs.train"})
"""The callables a job may name. RQ would import any, so whoever can write its keys could run any."""


class ForbiddenJob(ClmError):
    """A job names a callable that is not on the list."""


class TrainingJob(Job):
    """A job whose callable must be on the list, and which calls nothing back.

    RQ would import what a job names as its callbacks as well; ours name none, so such names are ignored.
    """

    success_callback = failure_callback = stopped_callback = None

    @property
    def func(self) -> Any:
        """The callable. Raises ForbiddenJob for one that is not on the list."""
        if self.func_name not in ALLOWED:
            raise ForbiddenJob(
                f"job {self.id} asks for {self.func_name!r}; only {sorted(ALLOWED)} may run here: "
                "find out who can write to the queue's keys"
            )
        return super().func


class TrainingWorker(Hand, SimpleWorker):
    """Works in its own process and never forks: after XGBoost, LightGBM or torch has run, that deadlocks."""

    job_class = TrainingJob

    def __init__(self, queues: Any, **options: Any) -> None:
        super().__init__(queues, serializer=JSONSerializer, **options)
