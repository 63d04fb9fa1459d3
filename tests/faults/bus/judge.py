"""A judge: compares what broken processes left with the true counts and with an unbroken run in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgpack

from clm.decisions import shadow as shadow_role
from clm.decisions import watch as watcher_role
from clm.decisions.chains import broken_links
from clm.decisions.promotion import PROMOTE
from clm.decisions.shadow import RESTARTED
from clm.records import AUTOMATION, REGISTRY, Decision, log_sha256
from clm.steps.consume import Consumer
from tests.faults.bus.arena import Arena
from tests.faults.bus.campaign import ROLES
from tests.faults.bus.delivery import Tally
from worker import bootstrap
from worker.operations import ALL
from worker.stage import Stage

READ = 777
"""Entries that the unbroken run reads at once: another number than the processes, so that none may matter."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What was found in one scope; every list of faults is empty when nothing is wrong."""

    counts: Sequence[str]  # a line for each count that is not the true one
    log: Sequence[str]  # roles whose decisions differ from the unbroken run's, and broken links
    twice: Sequence[str]  # decisions, runs and moves that happened not exactly once
    state: Sequence[str]  # roles whose folded state differs from the unbroken run's
    facts: Mapping[str, Any]

    @property
    def faults(self) -> list[str]:
        """All of them."""
        return [*self.counts, *self.log, *self.twice, *self.state]


class Untouched:
    """A port that a second reader reads and leaves as it is: what it would write is known already."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def quarantine(self, *refused: object) -> None:
        """Of the events: nothing is refused a second time."""

    def mark(self, *status: object) -> None:
        """Of the registry: what versions went through is past."""


def judged(arena: Arena, tally: Tally) -> Judgement:
    """Everything about one scope whose processes have ended in order."""
    logged = [decision for _, decision in arena.stage.decisions.read("0-0", ALL)]
    unbroken = {role: _unbroken(arena, role) for role in (watcher_role.ROLE, shadow_role.ROLE)}
    return Judgement(
        counts=_counts(arena, tally, logged),
        log=[*broken_links(logged), *_log(logged, {role: made for role, (made, _) in unbroken.items()})],
        twice=_twice(arena.stage, logged),
        state=[
            f"{arena.scope}: state of {role} differs"
            for role, (_, state) in unbroken.items()
            if msgpack.packb(_recovered(arena, role).fold.state()) != state
        ],
        facts={
            **asdict(tally),
            "decisions": dict(Counter(f"{each.role} {each.kind}" for each in logged)),
            "owners": {role: _owners(arena.stage, role) for role in ROLES},
            "log_sha256": log_sha256(logged),
        },
    )


def _owners(stage: Stage, role: str) -> int:
    """How many processes have owned a role, one after the other."""
    return int(stage.space.get(stage.keys.token(role)) or 0)


def _recovered(arena: Arena, role: str) -> Consumer:
    """A role as its last process left it."""
    build = {watcher_role.ROLE: bootstrap.watcher, shadow_role.ROLE: bootstrap.shadow}[role]
    consumer = build(arena.stage, arena.settings.policy())
    consumer.recover()
    return consumer


def _unbroken(arena: Arena, role: str) -> tuple[list[Decision], bytes]:
    """The decisions and the state of a role that folds the recorded streams in memory without a break."""
    memory = bootstrap.memory_stage(arena.stage.scope)
    stage = replace(
        memory,
        events=Untouched(arena.stage.events),
        registry=Untouched(arena.stage.registry),
        inputs=arena.stage.inputs,
        artifacts=arena.stage.artifacts,
    )
    policy = arena.settings.policy()
    consumer = (bootstrap.watcher if role == watcher_role.ROLE else bootstrap.shadow)(stage, policy)
    while consumer.step(READ):
        pass
    made = [decision for _, decision in memory.decisions.read("0-0", ALL)]
    return made, msgpack.packb(consumer.fold.state())


def as_unbroken(arena: Arena, role: str) -> bool:
    """Whether a role left the state to which the recorded streams lead without a break."""
    return bool(msgpack.packb(_recovered(arena, role).fold.state()) == _unbroken(arena, role)[1])


def _counts(arena: Arena, tally: Tally, logged: Sequence[Decision]) -> list[str]:
    found = []
    unsaid = _unannounced(logged)
    for role in (watcher_role.ROLE, shadow_role.ROLE):
        fold: Any = _recovered(arena, role).fold
        pairs = {
            "predictions": (tally.predictions, fold.join.predictions),
            "joined": (tally.joined, fold.join.joined),
            "duplicates": (tally.duplicates, fold.intake.duplicates),
            "gaps": (tally.gaps + unsaid, fold.intake.gaps),
        }
        found += [
            f"{arena.scope}: {role} counts {there} {name}, there were {true}"
            for name, (true, there) in pairs.items()
            if true != there
        ]
    kept = arena.stage.events.quarantined()
    if kept != tally.damaged:
        found.append(f"{arena.scope}: {kept} entries in quarantine, {tally.damaged} were damaged")
    return found


def _unannounced(logged: Sequence[Decision]) -> int:
    """Numbers of the shadow's decisions that no event tells, between two that one does."""
    numbers = {each.n: each.kind for each in logged if each.role == shadow_role.ROLE}
    told = [number for number, kind in numbers.items() if kind != RESTARTED]
    return sum(min(told) < number < max(told) for number, kind in numbers.items() if kind == RESTARTED)


def _log(logged: Sequence[Decision], unbroken: Mapping[str, Sequence[Decision]]) -> list[str]:
    return [
        f"decisions of {role} differ from those of the unbroken run"
        for role, made in unbroken.items()
        if log_sha256(each for each in logged if each.role == role) != log_sha256(made)
    ]


def _twice(stage: Stage, logged: Sequence[Decision]) -> list[str]:
    """A retrain has one run, which ended; a promotion one move at most; an id one decision."""
    ids = [each.id for each in logged]
    orders = sorted(each.id for each in logged if each.kind == "retrain")
    runs = stage.runs.list(ALL)
    promised = {each.id for each in logged if each.kind == PROMOTE}
    moved = [each.cause for each in logged if each.role == REGISTRY and each.actor == AUTOMATION]
    checks = {
        "a decision was logged twice": len(ids) == len(set(ids)),
        "runs and retrains do not match": sorted(each.run for each in runs) == orders,
        "a run did not end": {each.phase for each in runs} <= {"candidate", "failed"},
        "moves and promotions do not match": len(moved) == len(set(moved)) and set(moved) <= promised,
    }
    return [fault for fault, holds in checks.items() if not holds]
