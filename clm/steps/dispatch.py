"""Dispatching: the decision log is an outbox; this turns it into jobs, candidates and moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from clm.decisions import rollout, shadow, watch
from clm.decisions.moves import ABORTED, CANARY, Move
from clm.decisions.promotion import PROMOTE
from clm.decisions.ruling import ROLLBACK
from clm.errors import IllegalMove, StaleEpoch
from clm.model import ModelType
from clm.ports import Checkpoints, DecisionLog, Fence, JobQueue, Progress, Registry, Runs
from clm.records import PROMOTED, REGISTRY, ROLLED_BACK, Decision
from clm.steps.history import START
from clm.steps.longest import longest_first
from clm.steps.recalling import ask_back
from clm.steps.runs import next_job, run_of

ROLE = "dispatcher"
RETRAIN, RECALL = (watch.ROLE, "retrain"), (watch.ROLE, watch.RECALL)
MOVES = {
    (shadow.ROLE, PROMOTE): PROMOTED,
    (shadow.ROLE, ROLLBACK): ROLLED_BACK,
    (rollout.ROLE, rollout.STEP): CANARY,
    (rollout.ROLE, rollout.COMPLETE): PROMOTED,
    (rollout.ROLE, rollout.END): ABORTED,
}
"""Role and kind of the decisions that are carried out; the others are for the record."""


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
    """Carries out the decisions of one scope, each at least once and with the effect of once.

    Parameters:
        fence: proof of owning the role; None where nobody else can (memory, replay).
        share: fraction of keys that a winner of the shadow serves first; 1.0: all.
        costs: model type -> CPU seconds of its newest training: what is queued together then goes
            longest first. None where one worker does everything, and a measured time must decide nothing.
        moved: called for moves that were made, by whomever: a trader's own registry keeps no heads outside.
    """

    def __init__(
        self,
        outlets: Outlets,
        fence: Fence | None = None,
        share: float = 1.0,
        costs: Callable[[], Mapping[str, float]] | None = None,
        moved: Callable[[], None] | None = None,
    ) -> None:
        self.cursor = START
        self._out, self._fence, self._share, self._costs = outlets, fence, share, costs
        self._moved = moved

    def recover(self) -> None:
        """Take up the saved cursor, if there is one."""
        saved = self._out.checkpoints.load(ROLE)
        if saved is not None:
            self.cursor = saved[0]

    def step(self, count: int = 1000, block_ms: int | None = None) -> int:
        """Carry out the next decisions; how many there were.

        Raises:
            NotOwner: another process owns the role now; nothing of this step counts.
            UnreachableServer: the server does not answer; call again later.
        """
        rows = self._out.decisions.read(self.cursor, count, block_ms)
        if rows:
            self.carry_out([decision for _, decision in rows])
            if self._moved is not None and any(decision.role == REGISTRY for _, decision in rows):
                self._moved()
            self.cursor = rows[-1][0]
            self._out.checkpoints.save(ROLE, self._fence, self.cursor, b"")
            self._out.progress.report(ROLE, self.cursor, self._fence)
        return len(rows)

    def carry_out(self, decisions: Sequence[Decision]) -> None:
        """Move routes, open and queue runs. Doing it again changes nothing.

        They are carried out in the order of the log, whatever was read together; runs that follow each
        other are opened at once.
        """
        wanted = [each for each in decisions if (each.role, each.kind) in (*MOVES, RETRAIN, RECALL)]
        for trains, same in groupby(wanted, lambda each: (each.role, each.kind) == RETRAIN):
            if trains:
                self._train(list(same))
                continue
            for each in same:
                if (each.role, each.kind) == RECALL:
                    ask_back(each, self._out.runs, self._out.registry, self._fence)
                else:
                    self._move(each)

    def _train(self, due: Sequence[Decision]) -> None:
        """Open every run and queue the jobs of those that are new."""
        records = [run_of(each) for each in due]
        new = self._out.runs.open_all(records, self._fence)
        jobs = [next_job(r) for r, is_new in zip(records, new, strict=True) if is_new]
        if self._costs is not None and len(jobs) > 1:
            jobs = longest_first(jobs, self._costs())
        self._out.queue.enqueue_new(jobs)
        for record in (r for r, is_new in zip(records, new, strict=True) if not is_new):
            self._repeat(record.run)

    def _repeat(self, run: str) -> None:
        """Queue a run that somebody opened already, and perhaps died before queueing it."""
        record = self._out.runs.get(run)
        if record.phase == "queued":
            self._out.queue.enqueue(next_job(record))

    def _move(self, decision: Decision) -> None:
        """Promote the version that a decision names, on some keys or all, or leave it."""
        kind, share = MOVES[decision.role, decision.kind], decision.evidence.get("to", self._share)
        if decision.role == shadow.ROLE and kind == PROMOTED and share < 1.0:
            kind = CANARY
        move = Move(
            kind=kind,
            actor=decision.actor,
            epoch=decision.evidence["epoch"],
            version=str(decision.version) if kind in (PROMOTED, CANARY) else "",
            share=share if kind == CANARY else 0.0,
        )
        try:
            self._out.registry.change(
                ModelType(decision.model_type),
                move,
                cause=decision.id,
                reason=decision.reason,
                at=decision.at,
            )
        except (StaleEpoch, IllegalMove):
            return  # the registry wrote `refused`, and the shadow takes it from there
