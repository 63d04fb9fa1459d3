"""From the shadow's verdict through every share to all keys, by the registry's own events; and off again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clm.decisions.rollout import RolloutFold
from clm.decisions.shadow import ShadowFold
from clm.decisions.watch import WatcherFold
from clm.events import HOUR, Event
from clm.model import ModelStatus, ModelType
from clm.policy import SEED, Policy
from clm.records import Decision
from clm.scope import Scope
from clm.steps.dispatch import Dispatcher, Outlets
from clm.steps.shadowing import announce
from clm.store.codec import decode
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.memory_queue import MemoryJobQueue
from clm.store.ownership import FencedCheckpoints, HashProgress
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from tests.contract.test_registry import XGB, artifact
from tests.unit.decisions.shadowing import says
from tests.unit.decisions.stream import Tape

POLICY = Policy(
    name=SEED, shadow_test_hours=2.0, min_effective_outcomes=2, canary_shares=(0.1, 0.5), canary_hours=2.0
)

FIRST, SECOND = 28, 30
"""Hours until a first model has passed two stages of thirteen bars; and a second, after its shadow."""


class House:
    """Folds, dispatcher and registry, without processes: every event reaches every fold in the one order."""

    def __init__(self, space: Keyspace, keys: Keys, value: float) -> None:
        self.space, self.keys, self.tape = space, keys, Tape()
        self.registry = RouteRegistry(space, keys)
        self.dispatcher = Dispatcher(
            Outlets(
                decisions=StreamDecisionLog(space, keys),
                checkpoints=FencedCheckpoints(space, keys),
                progress=HashProgress(space, keys),
                runs=HashRuns(space, keys),
                queue=MemoryJobQueue(),
                registry=self.registry,
            ),
            share=POLICY.next_share(0.0),
        )
        self.watcher = WatcherFold(Scope(), POLICY)
        self.shadow = ShadowFold(Scope(), POLICY, says(value))
        self.rollout = RolloutFold(Scope(), POLICY, says(value))
        self.read = "0-0"
        self.kinds: list[str] = []

    def happens(self, *events: Event) -> None:
        for event in events:
            made: list[Decision] = [
                each for fold in (self.watcher, self.shadow, self.rollout) for each in fold.apply(event)
            ]
            self.kinds += [each.kind for each in made if each.role != "watcher"]
            told = [each for decision in made if decision.role == "shadow" for each in announce(decision)]
            self.dispatcher.carry_out([each for each in made if each.kind != "retrain"])
            self.happens(*told, *self.moves())

    def moves(self) -> list[Event]:
        rows = StreamEventLog(self.space, self.keys).read(self.read)
        self.read = rows[-1].id if rows else self.read
        return [decode(row.data) for row in rows]

    def hour(self, number: int, version: str = "v1") -> None:
        self.happens(*self.tape.pair(number * HOUR, 1.0 + 0.01 * (number % 3), 2.0, version=version))


@pytest.fixture
def house(space: Keyspace, keys: Keys, request: pytest.FixtureRequest) -> House:
    """v1 is active; v2 has a run, and waits in the shadow to be compared."""
    house = House(space, keys, getattr(request, "param", 1.5))
    for version in ("v1", "v2"):
        house.registry.save_model(artifact(version))
    house.happens(house.tape.candidate("v1"))  # the first one ever: promoted on its evaluation
    return house


def test_a_winner_goes_through_every_stage(house: House) -> None:
    assert house.registry.route(XGB).canary == "v1"
    for hour in range(1, FIRST):
        house.hour(hour, "naive")
    assert (house.registry.route(XGB).active, house.kinds) == ("v1", ["promote", "step", "complete"])
    house.happens(house.tape.retrain("xgboost"), house.tape.candidate("v2"))
    seen = []
    for hour in range(FIRST, FIRST + SECOND):
        house.hour(hour)
        route = house.registry.route(XGB)
        seen.append((route.active, route.canary, route.share))
    stages = list(dict.fromkeys(seen))
    assert stages == [("v1", None, 0.0), ("v1", "v2", 0.1), ("v1", "v2", 0.5), ("v2", None, 0.0)]
    assert [house.registry.get_model(XGB, v).status for v in ("v1", "v2")] == [
        ModelStatus.RETIRED,
        ModelStatus.ACTIVE,
    ]
    assert house.watcher.memory[ModelType.XGBOOST].open_run is None


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_canary_that_turns_bad_is_off_every_key_and_its_run_is_over(house: House, share: float) -> None:
    for hour in range(1, FIRST):
        house.hour(hour, "naive")
    house.happens(house.tape.retrain("xgboost"), house.tape.candidate("v2"))
    for hour in range(FIRST, FIRST + SECOND + 12):
        if house.registry.route(XGB).share >= share:
            house.rollout._score = says(-3.0)  # it decays as soon as it serves
        house.hour(hour)
    route = house.registry.route(XGB)
    assert (route.active, route.canary, route.locked_out) == ("v1", None, ("v2",))
    assert house.registry.get_model(XGB, "v2").status is ModelStatus.RETIRED
    assert house.kinds[-1] == "abort"
    assert (house.watcher.memory[ModelType.XGBOOST].open_run, house.shadow.ring.won) == (None, {})


def test_without_shares_a_winner_serves_all_keys_at_once(space: Keyspace, keys: Keys) -> None:
    house = House(space, keys, 1.5)
    house.dispatcher._share = replace(POLICY, canary_shares=()).next_share(0.0)
    house.registry.save_model(artifact("v1"))
    house.happens(house.tape.candidate("v1"))
    assert house.registry.route(XGB).active == "v1"
