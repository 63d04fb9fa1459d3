"""Runs: how a retrain decision becomes a run record, and a record the event that it ended."""

from __future__ import annotations

from clm.events import Run
from clm.model import RetrainTrigger
from clm.ports import Job, RunRecord
from clm.records import Decision

RECALL = "recall"
"""Evidence of a decision that asks a version back, and of its run: the version."""

KEPT = ("regimes", RECALL)
"""Evidence of a decision that its run record holds too."""


def run_of(decision: Decision) -> RunRecord:
    """The run record that a retrain decision opens."""
    active = {} if decision.version is None else {"active": decision.version}
    return RunRecord(
        run=decision.id,
        model_type=decision.model_type,
        as_of=decision.at,
        cause=decision.cause,
        trigger=str(decision.trigger),
        evidence={name: decision.evidence[name] for name in KEPT if name in decision.evidence} | active,
    )


def next_job(record: RunRecord) -> Job:
    """The job of a run's next attempt; what an operator asked for goes to the front."""
    return Job(
        run=record.run,
        attempt=record.attempt + record.lost + 1,
        model_type=record.model_type,
        urgent=record.trigger == RetrainTrigger.MANUAL.value,
    )


def ended(record: RunRecord, **details: object) -> Run:
    """The event of a run that ended; its number says that it is the run's second."""
    return Run(
        p=f"run:{record.run}",
        n=1,
        at=record.as_of,
        run=record.run,
        model_type=record.model_type,
        cause=record.run,
        phase=record.phase,
        version=record.version,
        error=record.error,
        as_of=record.as_of,
        cpu_seconds=record.cpu_seconds or None,
        **details,  # type: ignore[arg-type]
    )
