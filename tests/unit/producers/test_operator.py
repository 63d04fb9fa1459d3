"""An operator asks in the event stream and moves routes by hand; every wrong name is told."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from clm.errors import ConfigurationError, IllegalMove, UnknownVersion
from clm.events import Command, tick
from clm.model import NAIVE
from clm.store.codec import decode
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.registry import RouteRegistry
from producers.operator import Operator, Standing
from tests.unit.producers.shelf import TRAINED_AT, TYPE, artifact


@dataclass
class Desk:
    """An operator with what is behind them, in memory."""

    log: StreamEventLog
    registry: RouteRegistry
    operator: Operator


@pytest.fixture
def desk() -> Desk:
    space, keys = MemoryKeyspace(now_ms=lambda: 5000), Keys("default")
    log, registry = StreamEventLog(space, keys), RouteRegistry(space, keys)
    for version in ("v1", "v2"):
        registry.save_model(artifact(version, "0" * 64))
    return Desk(log, registry, Operator(actor="ann", log=log, registry=registry))


def test_a_retrain_is_a_command_in_the_event_stream(desk: Desk) -> None:
    asked = desk.operator.retrain(["lightgbm", "nhits"], reason="new data")
    command = decode(desk.log.read("0")[0].data)
    assert command == Command(
        p=desk.operator.p, n=0, at=0, action="retrain", models=("lightgbm", "nhits"),
        actor="ann", reason="new data",
    )  # fmt: skip
    assert asked == f"{command.p}-0"


def test_each_command_has_an_identity_of_its_own(desk: Desk) -> None:
    assert len({desk.operator.retrain(), desk.operator.retrain()}) == 2


def test_a_command_without_models_means_all(desk: Desk) -> None:
    desk.operator.retrain()
    command = decode(desk.log.read("0")[0].data)
    assert isinstance(command, Command)
    assert command.models == ()


def test_a_command_is_never_ahead_of_the_stream(desk: Desk) -> None:
    desk.log.append(tick(1))
    desk.operator.retrain()
    assert decode(desk.log.read("0")[1].data).at == 5_000_000


def test_a_version_is_promoted_in_the_operators_name(desk: Desk) -> None:
    decision = desk.operator.promote("lightgbm", "v1", reason="by hand")
    assert desk.registry.route(TYPE).active == "v1"
    assert (decision.actor, decision.reason, decision.version) == ("ann", "by hand", "v1")


def test_a_rollback_returns_to_the_version_before(desk: Desk) -> None:
    for version in ("v1", "v2"):
        desk.operator.promote(TYPE, version)
    assert desk.operator.rollback(TYPE).version == "v1"
    assert desk.operator.rollback(TYPE).version == NAIVE


def test_a_rollback_from_the_beginning_is_refused(desk: Desk) -> None:
    with pytest.raises(IllegalMove, match="nothing was live"):
        desk.operator.rollback(TYPE)


def test_the_status_says_what_is_active(desk: Desk) -> None:
    desk.operator.promote(TYPE, "v1")
    status = desk.operator.status()
    assert status["lightgbm"] == Standing("v1", TRAINED_AT, {"mae": 0.5}, epoch=1, frozen=False)
    assert status["xgboost"] == Standing(NAIVE, None, {}, epoch=0, frozen=False)


def test_the_history_lists_the_newest_version_first(desk: Desk) -> None:
    assert [each.version for each in desk.operator.history("lightgbm")] == ["v2", "v1"]
    assert [each.version for each in desk.operator.history("lightgbm", limit=1)] == ["v2"]


def test_an_unknown_model_type_is_answered_with_the_choices(desk: Desk) -> None:
    choices = "'xgbost' does not exist; use xgboost, lightgbm, nhits, patchtst, ensemble"
    with pytest.raises(ConfigurationError, match=choices):
        desk.operator.retrain(["lightgbm", "xgbost"])
    with pytest.raises(ConfigurationError, match=choices):
        desk.operator.promote("xgbost", "v1")
    assert desk.log.read("0") == []


def test_an_unknown_version_is_refused(desk: Desk) -> None:
    with pytest.raises(UnknownVersion, match="v9"):
        desk.operator.promote(TYPE, "v9")


def test_an_operator_needs_a_server() -> None:
    with pytest.raises(ConfigurationError, match="not a Redis server"):
        Operator()
