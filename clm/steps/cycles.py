"""Cycles: what became of one order to retrain, followed along the chain of causes. Pure.

Command or retrain decision, then its run, then the shadow's verdict, then the registry's move. Nothing
is kept for it: the decision log and the run records say it all, so it can be asked at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clm.decisions import shadow, watch
from clm.decisions.promotion import PROMOTE, REJECT
from clm.events import SECOND
from clm.ports import RunRecord
from clm.records import REGISTRY, SWAPS, Decision

QUEUED, TRAINING, SHADOW, MOVING, ENDED = "queued", "training", "shadow", "moving", "ended"


@dataclass(frozen=True, kw_only=True)
class ModelCycle:
    """How far one model type is in a cycle."""

    state: str  # queued, training, shadow, moving or ended
    trigger: str | None  # why it is trained
    run: str  # id of the retrain decision; of the suppressed one where there is no run
    phase: str | None = None  # of the run: queued, started, candidate or failed; None: no record yet
    version: str | None = None  # of the candidate
    verdict: str | None = None  # the shadow's newest: promote, reject, aborted or restarted; or suppressed
    moved: str | None = None  # id of the registry decision that made the candidate active
    reason: str = ""  # of the newest of these facts
    at: int = 0  # event clock at the newest decision, µs
    since: int = 0  # event clock at the retrain decision, µs
    training_seconds: float = 0.0  # wall clock


@dataclass(frozen=True, kw_only=True)
class CycleState:
    """How far a whole cycle is: as far as the model type that is furthest behind."""

    id: str  # of the command (``p-n``) or of the retrain decision
    state: str  # queued, training, shadow, moving or ended
    models: Mapping[str, ModelCycle]  # by model type

    @property
    def promoted(self) -> tuple[str, ...]:
        """Model types whose candidate was made active."""
        return self._where(lambda each: each.moved is not None)

    @property
    def failed(self) -> tuple[str, ...]:
        """Model types whose training or evaluation raised."""
        return self._where(lambda each: each.phase == "failed")

    @property
    def rejected(self) -> tuple[str, ...]:
        """Model types whose candidate was judged and not better."""
        return self._where(lambda each: each.verdict == REJECT and each.moved is None)

    @property
    def suppressed(self) -> tuple[str, ...]:
        """Model types that were not trained, e.g. because a run of theirs was open."""
        return self._where(lambda each: each.verdict == "suppressed")

    @property
    def undecided(self) -> tuple[str, ...]:
        """Every other model type: no verdict has taken effect."""
        told = {*self.promoted, *self.failed, *self.rejected, *self.suppressed}
        return tuple(name for name in self.models if name not in told)

    @property
    def duration(self) -> float:
        """Seconds of event time from the order to its last decision, or of the longest training."""
        cycles = self.models.values()
        since, until = (each.since for each in cycles), (each.at for each in cycles)
        spent = (max(until, default=0) - min(since, default=0)) / SECOND
        return max(spent, *(each.training_seconds for each in cycles), 0.0)

    def facts(self) -> dict[str, Any]:
        """As plain values; the seed's ``promoted``, ``failed``, ``duration`` once it has ended."""
        by_model = {name: asdict(each) for name, each in self.models.items()}
        told = {"run": self.id, "state": self.state, "models": list(by_model), "by_model": by_model}
        if self.state != ENDED:
            return told
        names = ("promoted", "failed", "rejected", "undecided", "suppressed")
        return {**told, **{name: list(getattr(self, name)) for name in names}, "duration": self.duration}

    def _where(self, holds: Callable[[ModelCycle], bool]) -> tuple[str, ...]:
        return tuple(name for name, each in self.models.items() if holds(each))


def cycle_state(
    cause: str,
    decisions: Iterable[Decision],
    runs: Iterable[RunRecord],
    models: Collection[str] = (),
) -> CycleState:
    """The state of the cycle that a command or a retrain decision began.

    Parameters:
        cause: id of the command (``p-n``) or of the retrain decision.
        decisions: of all roles, oldest first.
        models: the model types that were asked for, where it is known: the cycle cannot have ended
            before the watcher has answered for each of them.
    """
    log = list(decisions)
    records = {record.run: record for record in runs}
    orders = [each for each in log if each.role == watch.ROLE and cause in (each.id, each.cause)]
    cycles = {
        order.model_type: _follow(order, records.get(order.id), log)
        for order in orders
        if order.kind in ("retrain", watch.RECALL, "suppressed")
    }
    return CycleState(id=cause, state=_overall(cycles, models), models=cycles)


def _overall(cycles: Mapping[str, ModelCycle], models: Collection[str]) -> str:
    states = {each.state for each in cycles.values()}
    if not cycles or any(name not in cycles for name in models):
        states.add(QUEUED)
    if QUEUED in states and states != {QUEUED}:
        return TRAINING  # some are under way already
    return next(each for each in (QUEUED, TRAINING, SHADOW, MOVING, ENDED) if each in states)


def _follow(order: Decision, record: RunRecord | None, log: Sequence[Decision]) -> ModelCycle:
    if order.kind == "suppressed":
        return _cycle(order, None, ENDED, verdict=order.kind, reason=order.reason)
    if record is None or record.phase != "candidate":
        return _unjudged(order, record)
    verdict = _newest(log, shadow.ROLE, order.id)
    moved = _move(verdict, record, log)
    if moved is not None:
        return _cycle(
            order, record, ENDED, verdict=verdict and verdict.kind, moved=moved.id,
            reason=moved.reason, at=moved.at,
        )  # fmt: skip
    if verdict is None:
        return _cycle(order, record, SHADOW)
    state = {PROMOTE: MOVING, shadow.RESTARTED: SHADOW}.get(verdict.kind, ENDED)
    return _cycle(order, record, state, verdict=verdict.kind, reason=verdict.reason, at=verdict.at)


def _unjudged(order: Decision, record: RunRecord | None) -> ModelCycle:
    if record is None or record.phase == "queued":
        return _cycle(order, record, QUEUED)
    if record.phase == "failed":
        return _cycle(order, record, ENDED, reason=record.error or "")
    return _cycle(order, record, TRAINING)


def _move(verdict: Decision | None, record: RunRecord, log: Sequence[Decision]) -> Decision | None:
    """The move that made the candidate active: by its verdict, or by an operator meanwhile."""
    name = record.model_type, record.version
    moves = [each for each in log if each.role == REGISTRY and each.kind in SWAPS]
    by_verdict = verdict and _newest(moves, REGISTRY, verdict.id)
    return by_verdict or next((m for m in moves if (m.model_type, m.version) == name), None)


def _newest(log: Sequence[Decision], role: str, cause: str) -> Decision | None:
    return next((d for d in reversed(log) if (d.role, d.cause) == (role, cause)), None)


def _cycle(order: Decision, record: RunRecord | None, state: str, **facts: Any) -> ModelCycle:
    told: dict[str, Any] = {"reason": order.reason, "at": order.at}
    if record is not None:
        told |= {"phase": record.phase, "version": record.version}
        told["training_seconds"] = record.duration_seconds
    since, trigger = order.at, order.trigger
    return ModelCycle(state=state, trigger=trigger, run=order.id, since=since, **told | facts)
