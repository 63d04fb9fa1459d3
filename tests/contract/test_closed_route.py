"""A route that an operator closed ends the trial for good: nothing is promoted and refused for ever."""

import pytest

from clm.decisions.shadow import ShadowFold
from clm.decisions.watch import WatcherFold
from clm.events import Event, Refused
from clm.model import NAIVE, ModelType
from clm.policy import SEED, Policy
from clm.records import canonical
from clm.scope import Scope
from clm.steps.dispatch import Dispatcher, Outlets
from clm.steps.shadowing import announce
from clm.store.codec import decode
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace, Put
from clm.store.memory_queue import MemoryJobQueue
from clm.store.ownership import FencedCheckpoints, HashProgress
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from tests.contract.test_registry import artifact
from tests.unit.decisions.stream import Tape, told


@pytest.fixture
def dispatcher(space: Keyspace, keys: Keys) -> Dispatcher:
    registry = RouteRegistry(space, keys)
    registry.save_model(artifact("A"))
    return Dispatcher(
        Outlets(
            decisions=StreamDecisionLog(space, keys),
            checkpoints=FencedCheckpoints(space, keys),
            progress=HashProgress(space, keys),
            runs=HashRuns(space, keys),
            queue=MemoryJobQueue(),
            registry=registry,
        )
    )


@pytest.mark.parametrize("closed", [{"frozen": True}, {"locked_out": ["A"]}])
def test_a_closed_route_ends_the_trial_and_its_run(
    space: Keyspace, keys: Keys, dispatcher: Dispatcher, closed: dict[str, object]
) -> None:
    route = {"epoch": 0, "active": NAIVE, "locked_out": [], **closed}
    space.commit([], [Put(keys.route("xgboost"), canonical(route))])
    shadow = ShadowFold(Scope(), Policy(name=SEED), lambda sha256, symbol, at: None)
    watcher, tape = WatcherFold(Scope(), Policy(name=SEED)), Tape()
    watcher.apply(tape.retrain("xgboost"))
    announced = tape.candidate("A")
    watcher.apply(announced)
    (promote,) = shadow.apply(announced)
    dispatcher.carry_out([promote])
    (refused,) = written(space, keys)
    assert isinstance(refused, Refused)
    made = shadow.apply(refused)
    assert told(made) == [("aborted", "A")]
    for event in announce(made[0]):
        watcher.apply(event)
    assert watcher.memory[ModelType.XGBOOST].open_run is None


def written(space: Keyspace, keys: Keys) -> list[Event]:
    return [decode(entry.data) for entry in StreamEventLog(space, keys).read("0")]
