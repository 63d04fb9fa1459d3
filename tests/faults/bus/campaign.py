"""A campaign: feeds are published to many scopes while their processes are killed at seeded moments."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from clm.store.codec import encode_row
from clm.store.keyspace import Add
from tests.faults.bus.arena import Arena
from tests.faults.bus.feed import Bar, Feed
from tests.faults.bus.trainee import Trainee, bundle
from tests.faults.bus.troupe import Name, Troupe

ROLES = ("watcher", "shadow", "dispatcher")
PATIENCE_S = 60.0
ROLLBACK_BARS = 91
"""Bars of all scopes between two that an operator rolls back."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a campaign does."""

    seed: int
    bars: int  # of each scope
    kills: int  # SIGKILLs in all
    seconds: float  # over which the bars are spread


@dataclass
class Front:
    """One scope with its feed and its trainee."""

    arena: Arena
    feed: Feed
    trainee: Trainee

    def publish(self, bar: Bar) -> None:
        """Write a bar as a trader's client would: rows first."""
        stage = self.arena.stage
        rows = [Add(stage.keys.inputs, encode_row(row)) for row in bar.rows]
        stage.space.commit([], [*rows, *(Add(stage.keys.events, entry) for entry in bar.entries)])

    @property
    def settled(self) -> bool:
        """Whether everything is folded and carried out and no run is open."""
        return self.trainee.work() == 0 and self.arena.stage.progress.settled()


@dataclass
class Campaign:
    """Runs a plan over arenas whose processes belong to a troupe."""

    plan: Plan
    arenas: Sequence[Arena]
    troupe: Troupe
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROLES, 0))
    seconds: dict[str, float] = field(default_factory=dict)  # by phase

    def __post_init__(self) -> None:
        self._chance = random.Random(self.plan.seed)
        bundles = bundle(1.0), bundle(-1.0)
        self.fronts: Mapping[str, Front] = {
            each.scope: Front(each, Feed(self.plan.seed + number), Trainee.of(each.stage, bundles))
            for number, each in enumerate(self.arenas)
        }

    def run(self) -> None:
        """Publish and kill, wait until everything has settled, and let every process save."""
        names: list[Name] = [(scope, role) for scope in self.fronts for role in ROLES]
        for name in names:
            self.troupe.start(name)
        begun = time.monotonic()
        self._rage(names)
        raged = time.monotonic()
        for scope, front in self.fronts.items():
            front.publish(front.feed.rest())
            self._settle(scope, front)
        codes = self.troupe.stop(names)
        self.seconds = {"under kills": raged - begun, "settling": time.monotonic() - raged}
        assert set(codes.values()) == {0}, f"exit codes {codes}"

    def _rage(self, names: Sequence[Name]) -> None:
        """Kills fall between two bars: which ones and whom they meet is seeded, what it does then is not."""
        moments = sorted(self._chance.choices(range(self.plan.bars * len(self.fronts)), k=self.plan.kills))
        begun = time.monotonic()
        for number in range(self.plan.bars * len(self.fronts)):
            front = list(self.fronts.values())[number % len(self.fronts)]
            front.publish(front.feed.bar(front.trainee.active()))
            front.trainee.work()
            if number % ROLLBACK_BARS == ROLLBACK_BARS - 1:
                front.trainee.meddle(f"ops-{number}")
            while moments and moments[0] == number:
                moments.pop(0)
                self._kill(self._chance.choice(names))
            due = begun + self.plan.seconds * number / (self.plan.bars * len(self.fronts))
            time.sleep(max(0.0, due - time.monotonic()))

    def _kill(self, name: Name) -> None:
        self.troupe.kill(name)
        self.kills[name[1]] += 1
        self.troupe.start(name)

    def _settle(self, scope: str, front: Front) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not front.settled:
            assert time.monotonic() < deadline, f"{scope} does not settle:\n{self._logs(scope)}"
            time.sleep(0.05)

    def _logs(self, scope: str) -> str:
        return "\n".join(f"{role}: {self.troupe.log_of((scope, role)).read_text()[-1500:]}" for role in ROLES)
