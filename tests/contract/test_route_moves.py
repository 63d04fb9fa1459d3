"""Every other move of a route: canaries, pins, freezes and approvals, each a decision and an event."""

from dataclasses import replace

import pytest

from clm.decisions.moves import (
    ABORTED,
    APPROVALS,
    APPROVED,
    CANARY,
    FROZEN,
    LEGAL,
    PINNED,
    RESUMED,
    UNLOCKED,
    Move,
)
from clm.decisions.route import Route
from clm.errors import IllegalMove, StaleEpoch, UnknownVersion
from clm.events import Moved, Refused
from clm.model import ModelStatus, ModelType
from clm.records import PROMOTED, Decision
from clm.store.decision_log import StreamDecisionLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.registry import RouteRegistry
from tests.contract.test_registry import NOON_AT, XGB, announced, artifact, move
from tests.contract.test_registry import registry as registry  # noqa: PLC0414 - a fixture


def made(registry: RouteRegistry, kind: str, version: str = "", actor: str = "ann", **how: float) -> Decision:
    asked = Move(kind=kind, actor=actor, version=version, **how)  # type: ignore[arg-type]
    epoch = registry.route(XGB).epoch
    return registry.change(XGB, asked, cause=f"{kind}-{version}-{actor}-{epoch}")


def test_a_canary_stays_in_shadow_and_changes_nothing_for_the_active_version(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    decision = made(registry, CANARY, "B", share=0.1)
    route = registry.route(XGB)
    assert (route.active, route.canary, route.share, route.epoch, route.since) == ("A", "B", 0.1, 2, 1)
    assert [registry.get_model(XGB, v).status.value for v in "AB"] == ["active", "shadow"]
    assert (decision.kind, decision.version) == ("canary", "B")
    assert decision.evidence == {
        "from": "A", "to": "A", "epoch": 2, "canary": "B", "share": 0.1, "salt": "B:2",
    }  # fmt: skip


def test_a_canarys_step_is_announced_with_its_share(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    move(registry, "A", 0)
    made(registry, CANARY, "B", share=0.5)
    assert announced(space, keys)[-1] == Moved(
        p="registry", n=2, at=NOON_AT, model_type="xgboost", epoch=2, from_version="A", to_version="A",
        cause="canary-B-ann-1", actor="ann", change="canary", canary="B", share=0.5,
    )  # fmt: skip


def test_an_aborted_canary_returns_every_key_and_is_locked_out(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    made(registry, CANARY, "B", share=0.5)
    made(registry, ABORTED, actor="clm")
    route = registry.route(XGB)
    assert {route.serves(f"key {n}") for n in range(100)} == {"A"}
    assert (route.locked_out, registry.get_model(XGB, "B").status) == (("B",), ModelStatus.RETIRED)


def test_a_promotion_takes_the_canary_to_all_keys(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    made(registry, CANARY, "B", share=0.5)
    made(registry, PROMOTED, "B", actor="clm")
    route = registry.route(XGB)
    assert (route.active, route.canary, route.share) == ("B", None, 0.0)
    assert registry.rollback(XGB, cause="r", actor="clm").version == "A"


def test_a_canarys_step_from_an_old_look_is_refused(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    made(registry, CANARY, "A", share=0.1)
    late = Move(kind=CANARY, actor="clm", epoch=0, version="A", share=0.5)
    with pytest.raises(StaleEpoch, match="epoch 1"):
        registry.change(XGB, late, cause="late")
    assert isinstance(announced(space, keys)[-1], Refused)


def test_a_promotion_survives_a_change_that_left_the_active_version(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    made(registry, APPROVED, "B")
    assert move(registry, "B", 1).version == "B"


def test_a_pinned_route_is_moved_by_nobody_and_refuses_automation_aloud(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    move(registry, "A", 0)
    made(registry, PINNED)
    for actor in ("clm", "ann"):
        with pytest.raises(IllegalMove, match="xgboost: A is pinned"):
            move(registry, "B", 2, actor=actor)
    told = announced(space, keys)
    assert [type(each) for each in told] == [Moved, Moved, Refused]
    assert registry.route(XGB).pin == "A"


def test_a_frozen_route_stops_automation_until_it_is_resumed(registry: RouteRegistry) -> None:
    made(registry, FROZEN)
    with pytest.raises(IllegalMove, match="frozen"):
        move(registry, "A", 1)
    made(registry, RESUMED)
    assert registry.move(XGB, "A", epoch=2, cause="again", actor="clm").version == "A"


def test_a_rollback_locks_the_bad_version_out_until_a_person_unlocks_it(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    move(registry, "B", 1)
    registry.rollback(XGB, cause="probation", actor="clm")
    with pytest.raises(IllegalMove, match="B is locked out"):
        move(registry, "B", 3)
    made(registry, UNLOCKED, "B")
    assert registry.move(XGB, "B", epoch=4, cause="again", actor="clm").version == "B"


def test_four_eyes_ask_for_another_person(registry: RouteRegistry) -> None:
    made(registry, APPROVALS, number=1)
    for actor in ("clm", "ann"):
        with pytest.raises(IllegalMove, match="0 of 1 approvals"):
            made(registry, PROMOTED, "A", actor=actor)
    made(registry, APPROVED, "A", actor="ann")
    with pytest.raises(IllegalMove, match="0 of 1 approvals of others than ann"):
        made(registry, PROMOTED, "A", actor="ann")
    assert made(registry, PROMOTED, "A", actor="bob").version == "A"
    assert registry.route(XGB).approved == {}


def test_the_moves_of_persons_are_not_automations(registry: RouteRegistry) -> None:
    persons = [kind for kind, rule in LEGAL.items() if not rule.automation]
    for kind in persons:
        with pytest.raises(IllegalMove, match="person"):
            made(registry, kind, actor="clm")
    assert len(persons) == 7
    assert registry.route(XGB).epoch == 0


def test_a_move_that_is_in_no_table_is_refused_with_those_that_are(registry: RouteRegistry) -> None:
    with pytest.raises(IllegalMove, match="'deleted' is no move; use one of promoted, rolled_back"):
        made(registry, "deleted")


def test_approving_what_nobody_keeps_is_refused(registry: RouteRegistry) -> None:
    with pytest.raises(UnknownVersion, match="'Z'"):
        made(registry, APPROVED, "Z")


def test_an_operators_mistake_is_no_event(registry: RouteRegistry, space: Keyspace, keys: Keys) -> None:
    with pytest.raises(IllegalMove, match="no canary"):
        made(registry, ABORTED)
    assert announced(space, keys) == []
    assert StreamDecisionLog(space, keys).read("0") == []


def test_aliases_name_the_active_version_and_the_next_in_line(registry: RouteRegistry) -> None:
    with pytest.raises(UnknownVersion, match="no challenger"):
        registry.get_model(XGB, "challenger")
    move(registry, "A", 0)
    for version in ("B", "C"):
        registry.mark(XGB, version, ModelStatus.SHADOW)
    assert [registry.get_model(XGB, name).version for name in ("champion", "challenger")] == ["A", "C"]
    made(registry, CANARY, "B", share=0.1)
    made(registry, PROMOTED, "challenger")
    assert registry.resolve(XGB, "champion") == "B"


def test_the_bundle_of_a_rollbacks_target_is_never_given_up(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    move(registry, "B", 1)
    assert not any(registry.release(XGB, version) for version in "ABC")
    registry.retire(XGB, "C")
    assert registry.release(XGB, "C")
    registry.rollback(XGB, cause="r1", actor="ann")
    assert registry.release(XGB, "B")


def test_a_version_whose_bundle_was_given_up_cannot_be_promoted(registry: RouteRegistry) -> None:
    registry.retire(XGB, "C")
    registry.release(XGB, "C")
    assert registry.get_model(XGB, "C").released
    for kind, how in ((PROMOTED, {}), (CANARY, {"share": 0.5}), (APPROVED, {})):
        with pytest.raises(UnknownVersion, match="given up"):
            made(registry, kind, "C", **how)


def test_a_move_waits_for_the_disk_where_the_server_can(space: Keyspace, keys: Keys) -> None:
    durable = RouteRegistry(space, keys, durable=True)
    durable.save_model(artifact("A"))
    for version in ("A", "naive"):
        made(durable, PROMOTED, version)
    assert durable.route(XGB).epoch == 2


def test_a_record_from_before_stages_is_read(registry: RouteRegistry, space: Keyspace, keys: Keys) -> None:
    from clm.records import canonical
    from clm.store.keyspace import Put

    old = {
        "epoch": 4, "active": "A", "canary": None, "share": 0.0, "salt": "", "pin": None, "frozen": False,
        "locked_out": ["C"],
    }  # fmt: skip
    space.commit([], [Put(keys.route("xgboost"), canonical(old))])
    assert registry.route(XGB) == Route(epoch=4, active="A", since=4, locked_out=("C",))


def test_a_lineage_names_data_parameters_parent_and_run(registry: RouteRegistry) -> None:
    grown = replace(artifact("D"), parent="A", data_digest="dd" * 32)
    registry.save_model(grown)
    kept = registry.get_model(ModelType.XGBOOST, "D")
    assert (kept.parent, kept.run, kept.data_digest) == ("A", "run-D", "dd" * 32)
    assert kept.training_params == {"max_depth": 3}
