"""Runs: how a retrain decision becomes a run record, and a record the event that it ended."""

from __future__ import annotations

from clm.events import Run
from clm.ports import RunRecord
from clm.records import Decision


def run_of(decision: Decision) -> RunRecord:
    """The run record that a retrain decision opens."""
    return RunRecord(
        run=decision.id,
        model_type=decision.model_type,
        as_of=decision.at,
        cause=decision.cause,
        trigger=str(decision.trigger),
        evidence={"regimes": decision.evidence["regimes"]},
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
        **details,  # type: ignore[arg-type]
    )
