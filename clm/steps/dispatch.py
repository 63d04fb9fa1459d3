"""Dispatching: the decision log is an outbox; this turns retrains into jobs and verdicts into moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clm.decisions import shadow, watch
from clm.decisions.promotion import PROMOTE
from clm.errors import IllegalMove, StaleEpoch
from clm.model import ModelType
from clm.ports import Checkpoints, DecisionLog, JobQueue, Progress, Registry, RunRecord, Runs
from clm.records import Decision
from clm.steps.consume import START
from clm.steps.runs import ended, run_of

ROLE = "dispatcher"
MAX_ATTEMPTS = 3
"""How often a run is started before its record says that it failed."""


@dataclass(frozen=True, kw_only=True)
class Outlets:
    """What a dispatcher reads and writes."""

    decisions: DecisionLog
    checkpoints: Checkpoints
    progress: Progress
    runs: Runs
    queue: JobQueue
    registry: Registry


class Dispatcher:
    """Carries out the decisions of one scope, each at least once and with the effect of once."""

    def __init__(self, outlets: Outlets) -> None:
        self.cursor = START
        self._out = outlets

    def recover(self) -> None:
        """Take up the saved cursor, if there is one."""
        saved = self._out.checkpoints.load(ROLE)
        if saved is not None:
            self.cursor = saved[0]

    def step(self, count: int = 1000, block_ms: int | None = None) -> int:
        """Carry out the next decisions; how many there were."""
        rows = self._out.decisions.read(self.cursor, count, block_ms)
        for entry_id, decision in rows:
            self.carry_out(decision)
            self.cursor = entry_id
        if rows:
            self._out.checkpoints.save(ROLE, None, self.cursor, b"")
            self._out.progress.report(ROLE, self.cursor)
        return len(rows)

    def carry_out(self, decision: Decision) -> None:
        """Open and queue a run, or move a route. Doing it again changes nothing."""
        if (decision.role, decision.kind) == (watch.ROLE, "retrain"):
            self._out.runs.open(run_of(decision))
            self._out.queue.enqueue(decision.id, 1)
        elif (decision.role, decision.kind) == (shadow.ROLE, PROMOTE):
            self._move(decision)

    def reconcile(self) -> list[RunRecord]:
        """Queue again every run whose worker died; those that died too often fail.

        Returns the runs that were touched.
        """
        touched = []
        for record in self._out.runs.unfinished():
            waits = self._out.queue.alive(record.run, record.attempt + 1)
            if waits or self._out.runs.leased(record.run):
                continue
            touched.append(record)
            if record.attempt < MAX_ATTEMPTS:
                self._out.queue.enqueue(record.run, record.attempt + 1)
            else:
                self._give_up(record)
        return touched

    def _move(self, decision: Decision) -> None:
        try:
            self._out.registry.move(
                ModelType(decision.model_type),
                str(decision.version),
                epoch=decision.evidence["epoch"],
                cause=decision.id,
                actor=decision.actor,
                reason=decision.reason,
                at=decision.at,
            )
        except (StaleEpoch, IllegalMove):
            return  # the registry wrote `refused`, and the shadow takes it from there

    def _give_up(self, record: RunRecord) -> None:
        error = f"the training worker died {record.attempt} times: see its log, then retrain by hand"
        failed = replace(record, phase="failed", error=error)
        self._out.runs.finish(failed, None, ended(failed))
