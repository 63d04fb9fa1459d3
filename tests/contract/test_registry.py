"""The registry: one active version, moved by compare-and-set, every move a decision and an event."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clm.errors import IllegalMove, StaleEpoch, UnknownVersion
from clm.events import Event, Moved, Outcome, Refused, tick
from clm.model import NAIVE, ModelArtifact, ModelStatus, ModelType
from clm.ports import Route
from clm.records import Decision, canonical
from clm.store.batch import encode_batches
from clm.store.codec import decode
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace, Put
from clm.store.registry import RouteRegistry

XGB = ModelType.XGBOOST
NOON = datetime(2008, 10, 10, 12, tzinfo=UTC)
NOON_AT = 1_223_640_000_000_000


@pytest.fixture
def registry(space: Keyspace, keys: Keys) -> RouteRegistry:
    StreamEventLog(space, keys).append(tick(NOON_AT))
    store = RouteRegistry(space, keys)
    for version in ("A", "B", "C"):
        store.save_model(artifact(version))
    return store


def artifact(version: str) -> ModelArtifact:
    return ModelArtifact(
        model_type=XGB,
        version=version,
        trained_at=NOON,
        metrics={"rmse": 0.25},
        model_object=object(),
        status=ModelStatus.CANDIDATE,
        training_range=(NOON - timedelta(days=90), NOON),
        feature_config={"schema": "daily-1"},
        training_params={"max_depth": 3},
        data_points=1000,
        sha256="ab" * 32,
        run=f"run-{version}",
    )


def move(registry: RouteRegistry, version: str, epoch: int, actor: str = "clm") -> Decision:
    return registry.move(XGB, version, epoch=epoch, cause=f"shadow-{epoch}-{version}", actor=actor)


def announced(space: Keyspace, keys: Keys) -> list[Event]:
    return [decode(entry.data) for entry in StreamEventLog(space, keys).read("0")][1:]


def test_the_naive_forecast_serves_until_something_is_promoted(registry: RouteRegistry) -> None:
    assert registry.route(XGB) == Route(epoch=0, active=NAIVE)
    assert registry.get_active(XGB) is None


def test_a_version_is_kept_whole_but_for_its_models(registry: RouteRegistry) -> None:
    assert registry.get_model(XGB, "A") == replace(artifact("A"), model_object=None)


def test_a_version_name_belongs_to_one_artifact(registry: RouteRegistry) -> None:
    registry.save_model(artifact("A"))
    with pytest.raises(IllegalMove, match="xgboost A"):
        registry.save_model(replace(artifact("A"), sha256="cd" * 32))


def test_a_version_without_a_stored_bundle_is_refused(registry: RouteRegistry) -> None:
    with pytest.raises(IllegalMove, match="sha256"):
        registry.save_model(replace(artifact("D"), sha256=None))


def test_a_move_without_a_time_of_its_own_happens_at_the_newest_time_that_a_batch_tells(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    late = (Outcome(p="t", n=n, at=NOON_AT + n, of=("t", 0), value=0.5) for n in (1, 9, 4))
    for data in encode_batches(late):
        space.append(keys.events, data)
    assert move(registry, "A", 0).at == NOON_AT + 9


def test_history_is_newest_first_and_limited(registry: RouteRegistry) -> None:
    assert [each.version for each in registry.get_model_history(XGB, 2)] == ["C", "B"]
    assert [each.version for each in registry.get_model_history(XGB)] == ["C", "B", "A"]
    assert registry.get_model_history(ModelType.NHITS) == []


def test_a_move_is_route_decision_event_and_statuses_in_one(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    move(registry, "A", 0)
    decision = move(registry, "B", 1)
    assert registry.route(XGB) == Route(epoch=2, active="B", since=2)
    assert [registry.get_model(XGB, v).status.value for v in "ABC"] == ["retired", "active", "candidate"]
    assert (decision.id, decision.kind, decision.at) == ("registry-2", "promoted", NOON_AT)
    assert StreamDecisionLog(space, keys).read("0")[-1][1] == decision
    assert announced(space, keys)[-1] == Moved(
        p="registry", n=2, at=NOON_AT, model_type="xgboost", epoch=2, from_version="A", to_version="B",
        cause="shadow-1-B", actor="clm",
    )  # fmt: skip


def test_the_active_version_knows_since_when_it_is_live(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    active = registry.get_active(XGB)
    assert active is not None
    assert (active.version, active.status, active.activated_at) == ("A", ModelStatus.ACTIVE, NOON)


def test_a_cause_that_has_moved_is_a_no_op(registry: RouteRegistry, space: Keyspace, keys: Keys) -> None:
    first = move(registry, "A", 0)
    assert move(registry, "A", 0) == first
    assert registry.route(XGB).epoch == 1
    assert len(announced(space, keys)) == 1


def test_a_stale_epoch_moves_nothing_and_is_refused_once(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    move(registry, "A", 0)
    for _ in range(2):
        with pytest.raises(StaleEpoch, match="epoch 1 on A"):
            move(registry, "B", 0)
    assert registry.route(XGB).active == "A"
    assert announced(space, keys)[1:] == [
        Refused(
            p="refused:shadow-0-B", n=0, at=NOON_AT, model_type="xgboost", epoch=1, from_version="A",
            to_version="B", cause="shadow-0-B", actor="clm",
        )
    ]  # fmt: skip


def test_a_refused_cause_may_move_once_it_has_looked_again(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    with pytest.raises(StaleEpoch):
        registry.move(XGB, "B", epoch=0, cause="by hand", actor="ann")
    assert registry.move(XGB, "B", epoch=1, cause="by hand", actor="ann").version == "B"
    assert registry.route(XGB) == Route(epoch=2, active="B", since=2)


def test_an_unknown_version_is_not_promoted(registry: RouteRegistry) -> None:
    with pytest.raises(UnknownVersion, match="'Z'"):
        move(registry, "Z", 0)
    assert registry.route(XGB).epoch == 0


def test_of_racing_moves_from_one_epoch_one_wins(registry: RouteRegistry) -> None:
    won: list[str] = []

    def race(version: str) -> None:
        with suppress(StaleEpoch):
            won.append(str(move(registry, version, 0).version))

    racers = [threading.Thread(target=race, args=(version,)) for version in "ABC"]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(20)
    assert won == [registry.route(XGB).active]
    assert [each.version for each in registry.get_model_history(XGB) if each.status == "active"] == won


def test_model_types_move_apart_and_share_one_chain(registry: RouteRegistry) -> None:
    registry.save_model(replace(artifact("A"), model_type=ModelType.NHITS))
    assert move(registry, "A", 0).n == 1
    other = registry.move(ModelType.NHITS, "A", epoch=0, cause="x", actor="clm")
    assert (other.n, registry.route(XGB).epoch, registry.route(ModelType.NHITS).epoch) == (2, 1, 1)
    assert other.intact()


def test_a_rollback_returns_to_the_version_last_live(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    move(registry, "B", 1)
    decision = registry.rollback(XGB, cause="probation-1", actor="clm", reason="worse")
    assert (decision.kind, decision.version, decision.reason) == ("rolled_back", "A", "worse")
    assert registry.route(XGB) == Route(epoch=3, active="A", since=3, locked_out=("B",))
    assert [registry.get_model(XGB, v).status.value for v in "AB"] == ["active", "retired"]


def test_a_second_rollback_goes_further_back_and_ends_at_naive(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    move(registry, "B", 1)
    registry.rollback(XGB, cause="r1", actor="ann")
    assert registry.rollback(XGB, cause="r2", actor="ann").version == NAIVE
    assert registry.get_active(XGB) is None
    with pytest.raises(IllegalMove, match="nothing was live"):
        registry.rollback(XGB, cause="r3", actor="ann")


def test_a_rollback_asked_for_twice_is_one(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    first = registry.rollback(XGB, cause="r1", actor="ann")
    assert registry.rollback(XGB, cause="r1", actor="ann") == first
    assert registry.route(XGB) == Route(epoch=2, active=NAIVE, since=2, locked_out=("A",))


def test_promoting_by_hand_needs_no_epoch_and_twice_is_once(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    registry.promote(XGB, "A")
    registry.promote(XGB, "A")
    registry.promote(XGB, NAIVE)
    registry.promote(XGB, "A")
    assert registry.route(XGB) == Route(epoch=3, active="A", since=3)
    assert [each.actor for each in announced(space, keys) if isinstance(each, Moved)] == ["operator"] * 3


def test_the_active_version_cannot_be_retired(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    with pytest.raises(IllegalMove, match="promote another"):
        registry.retire(XGB, "A")
    registry.retire(XGB, "B")
    assert registry.get_model(XGB, "B").status is ModelStatus.RETIRED


def test_marks_follow_the_life_of_a_version(registry: RouteRegistry) -> None:
    for status in (ModelStatus.SHADOW, ModelStatus.SHADOW, ModelStatus.RETIRED, ModelStatus.RETIRED):
        registry.mark(XGB, "A", status)
        assert registry.get_model(XGB, "A").status is status
    with pytest.raises(IllegalMove, match="retired"):
        registry.mark(XGB, "A", ModelStatus.SHADOW)
    with pytest.raises(IllegalMove):
        registry.mark(XGB, "B", ModelStatus.ACTIVE)


@pytest.mark.parametrize("closed", [{"frozen": True}, {"locked_out": ["A"]}])
def test_what_an_operator_closed_only_an_operator_moves(
    registry: RouteRegistry, space: Keyspace, keys: Keys, closed: dict[str, object]
) -> None:
    route = {"epoch": 0, "active": NAIVE, "locked_out": [], **closed}
    space.commit([], [Put(keys.route("xgboost"), canonical(route))])
    for _ in range(2):
        with pytest.raises(IllegalMove, match="operator"):
            move(registry, "A", 0)
    assert [type(each) for each in announced(space, keys)] == [Refused]
    assert move(registry, "A", 0, actor="ann").version == "A"


def test_a_version_name_is_given_once_and_the_same_to_the_same_run(registry: RouteRegistry) -> None:
    names = [registry.allot_version(XGB, NOON, run) for run in ("r1", "r2", "r1", "r3")]
    assert names == ["v20081010_120000", "v20081010_120000_2", "v20081010_120000", "v20081010_120000_3"]
