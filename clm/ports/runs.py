"""Runs: the records of trainings, and the queue of their jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from clm.events import Event
from clm.ports.roles import Fence


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A training run, set once per decision; it decides whether a run exists."""

    run: str  # id of the retrain decision
    model_type: str
    as_of: int  # µs
    cause: str  # id of the decision
    trigger: str
    phase: str = "queued"  # queued, started, candidate, failed
    attempt: int = 0  # how often it was started
    lost: int = 0  # jobs that were taken from the queue and never started
    dead: bool = False  # given up: every attempt's worker died
    token: int = 0  # fencing token of the attempt that holds it
    version: str | None = None
    error: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)  # of the decision, e.g. regimes
    queued_wall: float = 0.0  # wall clock, seconds; informative
    ended_wall: float = 0.0
    cpu_seconds: float = 0.0
    duration_seconds: float = 0.0


class Runs(Protocol):
    """The run records of a scope."""

    def open(self, record: RunRecord) -> bool:
        """Set the record once; False if it exists."""

    def open_all(self, records: Sequence[RunRecord], fence: Fence | None = None) -> list[bool]:
        """Set each record once; whether it is new. One round trip when all are.

        Raises:
            NotOwner: the fence is stale; nothing was set.
        """

    def get(self, run: str) -> RunRecord:
        """Raises UnknownRun."""

    def list(self, limit: int = 100) -> Sequence[RunRecord]:
        """The newest runs, newest first."""

    def unfinished(self) -> Sequence[RunRecord]:
        """The runs that are queued or started, oldest first."""

    def claim(self, run: str, owner: str, lease_s: float) -> Fence | None:
        """Start an attempt (phase ``started``, with its event on the first one).

        None if the run has ended or another attempt's lease runs.
        """

    def renew(self, fence: Fence, lease_s: float) -> None:
        """Raises NotOwner when a later attempt holds the run."""

    def leased(self, run: str) -> bool:
        """Whether an attempt's lease runs."""

    def finish(self, record: RunRecord, fence: Fence, event: Event) -> bool:
        """Move the record to ``candidate`` or ``failed`` and write its event, in one write.

        False if the run had ended.

        Raises:
            NotOwner: a later attempt holds the run.
        """

    def bury(self, record: RunRecord, event: Event) -> bool:
        """Fail a run that nobody works on, with its event and a dead letter, in one write.

        False if the run had ended.

        Raises:
            NotOwner: an attempt's lease runs.
        """

    def lose(self, record: RunRecord) -> RunRecord | None:
        """Count a job that vanished before its attempt began; None if the record changed meanwhile."""

    def abandon(self, run: str, owner: str) -> bool:
        """End the lease of an owner that is known to be dead; False if it holds none."""

    def condemn(self, record: RunRecord, owner: str, event: Event) -> bool:
        """Fail a run whose attempt was ended from outside, with its event, in one write.

        False if the run had ended.

        Raises:
            NotOwner: another attempt holds the run.
        """

    def tell(self, fence: Fence, progress: Mapping[str, Any]) -> None:
        """Keep how far the attempt of a run is; of no effect once it holds the run no more."""

    def told(self) -> Mapping[str, Mapping[str, Any]]:
        """Run that is being trained -> what its attempt told last; the run's end clears it."""

    def costs(self) -> Mapping[str, float]:
        """Model type -> CPU seconds of its newest training that ended with a candidate."""


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt of a run, as it waits for a worker."""

    run: str
    attempt: int  # from 1
    model_type: str  # decides the pool of workers
    urgent: bool = False  # goes to the front


class JobQueue(Protocol):
    """Where dispatched runs wait for a training worker."""

    def enqueue(self, job: Job) -> str:
        """Queue a job under a deterministic id; while it waits, once more changes nothing."""

    def enqueue_new(self, jobs: Sequence[Job]) -> None:
        """Queue jobs that never were in the queue, in this order and one round trip."""

    def waits(self, job: Job) -> bool:
        """Whether the job still waits in the queue."""
