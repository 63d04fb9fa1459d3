"""What went wrong in registries and rollout tools that others shipped; each of it is a promise here."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from clm.decisions.moves import CANARY, Move
from clm.decisions.route import Route
from clm.errors import IllegalMove, StaleEpoch
from clm.events import HOUR
from clm.model import NAIVE, ModelStatus
from clm.records import PROMOTED, ROLLED_BACK
from clm.store.decision_log import StreamDecisionLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.registry import RouteRegistry
from tests.contract.test_registry import NOON, XGB, artifact, move
from tests.contract.test_registry import registry as registry  # noqa: PLC0414 - a fixture
from tests.unit.decisions.shadowing import live, shadowing, trial_of
from tests.unit.decisions.stream import Tape, fold_all, told


def test_a_rollback_restores_what_was_last_live_not_what_was_last_retired(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    move(registry, "B", 1)
    registry.mark(XGB, "C", ModelStatus.SHADOW)
    registry.retire(XGB, "C")  # the newest of the retired ones, and never live
    assert registry.rollback(XGB, cause="worse", actor="clm").version == "A"


def test_a_rollback_that_changes_nothing_does_not_report_success(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    with pytest.raises(IllegalMove, match="nothing was live"):
        registry.rollback(XGB, cause="worse", actor="ann")
    assert StreamDecisionLog(space, keys).read("0") == []
    move(registry, "A", 0)
    back = registry.rollback(XGB, cause="worse", actor="ann")
    assert (registry.route(XGB).active, back.evidence["to"]) == (NAIVE, NAIVE)


def test_a_rollback_during_a_canary_puts_no_key_on_the_broken_side(registry: RouteRegistry) -> None:
    move(registry, "A", 0)
    move(registry, "B", 1)
    trying = Move(kind=CANARY, actor="clm", version="C", share=0.5)
    registry.change(XGB, trying, cause="verdict")
    registry.rollback(XGB, cause="B is worse", actor="clm")
    route = registry.route(XGB)
    assert {route.serves(f"key {n}") for n in range(1000)} == {"A"}
    with pytest.raises(StaleEpoch):  # the promotion that was on its way
        registry.change(XGB, Move(kind=PROMOTED, actor="clm", epoch=3, version="C"), cause="late")


def test_a_promotion_racing_with_a_rollback_ends_on_one_of_both_and_never_between(
    registry: RouteRegistry, space: Keyspace, keys: Keys
) -> None:
    move(registry, "A", 0)
    move(registry, "B", 1)

    def back() -> None:
        registry.rollback(XGB, cause="worse", actor="clm")

    def forth() -> None:
        with suppress(StaleEpoch):
            move(registry, "C", 2)

    racers = [threading.Thread(target=each) for each in (back, forth)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(20)
    last = StreamDecisionLog(space, keys).read("0")[-1][1]
    assert last.kind in (PROMOTED, ROLLED_BACK)
    assert registry.route(XGB).active == last.version
    history = registry.get_model_history(XGB)
    assert [each.version for each in history if each.status is ModelStatus.ACTIVE] == [last.version]


def test_a_version_name_is_no_count_and_is_never_given_twice(registry: RouteRegistry) -> None:
    first, second = (registry.allot_version(XGB, NOON, run) for run in ("r1", "r2"))
    registry.save_model(replace(artifact(second), run="r2"))
    registry.retire(XGB, second)
    registry.release(XGB, second)  # a gap, where a count would begin again
    third = registry.allot_version(XGB, NOON, "r3")
    assert len({first, second, third}) == 3
    with pytest.raises(IllegalMove, match="exists already"):
        registry.save_model(replace(artifact(second), sha256="cd" * 32, run="r3"))


def test_what_belongs_together_is_read_as_one_record(registry: RouteRegistry, keys: Keys) -> None:
    """Active and canary, read one after the other, could be of two moments: both the same version."""
    seen: list[Route] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.append(registry.route(XGB))

    looker = threading.Thread(target=look)
    looker.start()
    for turn in range(6):
        version = "AB"[turn % 2]
        registry.change(XGB, Move(kind=CANARY, actor="ann", version=version, share=0.5), cause=f"c{turn}")
        registry.change(XGB, Move(kind=PROMOTED, actor="ann", version=version), cause=f"p{turn}")
    done.set()
    looker.join(20)
    assert all(route.canary is None or route.canary != route.active for route in seen)
    assert all((route.share > 0) == (route.canary is not None) for route in seen)


def test_a_candidate_that_arrives_in_the_middle_of_a_trial_does_not_inherit_its_evidence() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 1)])
    fold.apply(tape.candidate("v3"))
    old, new = trial_of(fold, "v2"), trial_of(fold, "v3")
    assert (old.pairs, new.pairs, new.opened_at) == (1, 0, fold.intake.clock)
    made = fold_all(fold, live(tape, 2 * HOUR, 9))
    assert told(made)[0] == ("promote", "v2")
    assert {each.version: each.counts["pairs"] for each in made if each.kind == "promote"}["v2"] == 2
