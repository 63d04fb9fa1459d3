"""A version that goes bad is rolled back though the server dies in the middle, and the trader trades on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clm.decisions.moves import Move
from clm.errors import UnreachableServer
from clm.events import Prediction
from clm.model import ModelStatus
from clm.records import ROLLED_BACK, Decision
from clm.scope import Scope
from clm.steps.dispatch import Dispatcher, Outlets
from clm.store.admission import admit
from clm.store.artifact_store import DirectoryArtifactStore
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Check, Write
from clm.store.memory_queue import MemoryJobQueue
from clm.store.ownership import FencedCheckpoints, HashProgress
from clm.store.redis_keyspace import connect
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from producers import EventPublisher, ModelHandle
from tests.integration.producers.conftest import PrivateServer
from tests.integration.producers.conftest import private_server as private_server  # noqa: PLC0414 - a fixture
from tests.unit.producers.shelf import MINUTE, TYPE, Shelf, constant
from tests.unit.producers.test_handle import soon

pytestmark = pytest.mark.server
KEYS = Keys("default")
ROW = [0.0, 0.0]


class Dying:
    """A keyspace whose server dies around the commit of the move."""

    def __init__(self, space: Any, before: Callable[[], None], behind: Callable[[], None]) -> None:
        self._space, self._before, self._behind = space, before, behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._space, name)

    def commit(self, checks: list[Check], writes: list[Write], **how: bool) -> bool:
        if len(writes) > 2:
            self._before()
        done: bool = self._space.commit(checks, writes, **how)
        if len(writes) > 2:
            self._behind()
            raise UnreachableServer("the reply was lost with the server")
        return done


class Desk:
    """A trader on a server, with v1 and then v2 promoted."""

    def __init__(self, server: PrivateServer, place: Path) -> None:
        self.server, self.space = server, connect(server.url)
        self.shelf = Shelf(RouteRegistry(self.space, KEYS), DirectoryArtifactStore(place / "bundles"))
        for number in (1, 2):
            self.shelf.activate(f"v{number}", constant(float(number)))
        self.handle = ModelHandle.connect(server.url, "default", str(place / "bundles"), [TYPE], probed=False)
        self.publisher = EventPublisher(server.url, "default", spool_dir=str(place / "spool"))
        self.bar, self.versions = 0, list[str]()
        self.handle.refresh()

    def trade(self, bars: int) -> None:
        for _ in range(bars):
            self.bar += 1
            at = self.bar * MINUTE
            said = self.handle.predict(TYPE, "AAPL", at, ROW, 0.0)
            self.versions.append(said.version)
            self.publisher.prediction(
                model_type=TYPE.value, version=said.version, symbol="AAPL", at=at, horizon=1,
                value=said.value, naive=0.0,
            )  # fmt: skip

    def verdict(self) -> Decision:
        """What the shadow says when a probation ends badly; logged, and so to be carried out."""
        log = StreamDecisionLog(self.space, KEYS)
        decision = log.head("shadow").chain(
            Decision(
                role="shadow", kind="rollback", at=self.bar * MINUTE, model_type=TYPE.value, version="v2",
                reason="worse", evidence={"epoch": 2},
            )
        )  # fmt: skip
        log.append(decision, None)
        return decision

    def dispatcher(self, space: Any) -> Dispatcher:
        return Dispatcher(
            Outlets(
                decisions=StreamDecisionLog(space, KEYS),
                checkpoints=FencedCheckpoints(space, KEYS),
                progress=HashProgress(space, KEYS),
                runs=HashRuns(space, KEYS),
                queue=MemoryJobQueue(),
                registry=RouteRegistry(space, KEYS),
            )
        )

    def published(self) -> list[str]:
        """Versions of the predictions that are in the stream, each once, in the order they were made."""
        scope, known = Scope(), frozenset({TYPE.value})
        entries = StreamEventLog(self.space, KEYS).read("0-0", 10_000)
        events = [event for entry in entries for _, event in admit(entry, scope, known).rows]
        found = {each.n: each.version for each in events if isinstance(each, Prediction)}
        return [found[number] for number in sorted(found)]


@pytest.fixture
def desk(private_server: PrivateServer, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(private_server, tmp_path)
    yield desk
    desk.publisher.close(timeout_s=1.0)


@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_rollback_survives_the_death_of_the_server_and_no_prediction_is_lost(desk: Desk, when: str) -> None:
    desk.trade(5)
    desk.verdict()
    around = {"before": lambda: None, "behind": lambda: None, when: desk.server.kill}
    with pytest.raises(UnreachableServer):
        desk.dispatcher(Dying(desk.space, **around)).step()
    assert not desk.handle.refresh()
    desk.trade(5)  # the trader has its model, and the spool what it says
    desk.server.restart()
    moved_already = when == "behind"  # then the fourth decision is that move
    assert desk.dispatcher(desk.space).step() == 3 + moved_already
    assert desk.handle.refresh()
    desk.trade(5)
    assert desk.versions == ["v2"] * 10 + ["v1"] * 5  # the previous version from the very next bar on
    assert soon(lambda: len(desk.published()) == 15)
    assert desk.published() == desk.versions
    log = [each for _, each in StreamDecisionLog(desk.space, KEYS).read("0-0") if each.kind == ROLLED_BACK]
    assert [each.version for each in log] == ["v1"]
    route = desk.shelf.registry.route(TYPE)
    assert (route.active, route.locked_out, route.epoch) == ("v1", ("v2",), 3)
    history = desk.shelf.registry.get_model_history(TYPE)
    assert [each.version for each in history if each.status is ModelStatus.ACTIVE] == ["v1"]


def test_the_version_that_was_rolled_back_from_does_not_come_back_by_itself(desk: Desk) -> None:
    desk.verdict()
    desk.dispatcher(desk.space).step()
    again = Move(kind="promoted", actor="clm", epoch=3, version="v2")
    with pytest.raises(Exception, match="v2 is locked out"):
        desk.shelf.registry.change(TYPE, again, cause="a later verdict")
    assert desk.shelf.registry.change(TYPE, replace(again, actor="ann"), cause="by hand").version == "v2"
