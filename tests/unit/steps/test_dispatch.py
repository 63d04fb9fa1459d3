"""A dispatcher carries out each decision with the effect of once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from clm.errors import NotOwner
from clm.events import Event, Refused, Run
from clm.model import ModelStatus, ModelType
from clm.ports import Job
from clm.records import Decision, Head
from clm.scope import Scope
from clm.steps.recalling import OWNER
from clm.steps.runs import run_of
from clm.store.codec import decode
from clm.store.memory_queue import MemoryJobQueue
from clm.store.registry import RouteRegistry
from tests.unit.steps.artifacts import artifact
from worker import bootstrap
from worker.stage import Stage

XGBOOST = ModelType.XGBOOST
RETRAIN = Decision(
    role="watcher", kind="retrain", n=1, at=7, model_type="xgboost", trigger="manual", cause="ops-0",
    evidence={"regimes": [[3, "calm"]]},
)  # fmt: skip


def promote(epoch: int = 0, version: str = "v1") -> Decision:
    return Decision(
        role="shadow", kind="promote", n=1, at=7, model_type="xgboost", version=version, reason="better",
        evidence={"epoch": epoch},
    )  # fmt: skip


@pytest.fixture
def stage() -> Stage:
    stage = bootstrap.memory_stage(Scope())
    for version in ("v1", "v2"):
        stage.registry.save_model(artifact(version))
    return stage


def announced(stage: Stage) -> list[Event]:
    return [decode(entry.data) for entry in stage.events.read("0-0")]


def drain(stage: Stage) -> list[tuple[str, int]]:
    waiting: list[Job] = stage.queue.drain()  # type: ignore[attr-defined]
    return [(job.run, job.attempt) for job in waiting]


def test_a_retrain_opens_one_run_with_one_job_however_often_it_is_carried_out(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out([RETRAIN])
    carrier.carry_out([RETRAIN])
    (record,) = stage.runs.list()
    assert (record.run, record.as_of, record.trigger, record.cause) == ("watcher-1", 7, "manual", "ops-0")
    assert (record.phase, record.evidence) == ("queued", {"regimes": [[3, "calm"]]})
    assert drain(stage) == [("watcher-1", 1)]


def test_a_retrain_of_a_run_that_has_begun_changes_nothing(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out([RETRAIN])
    drain(stage)
    assert stage.runs.claim("watcher-1", "worker", 60.0) is not None
    carrier.carry_out([RETRAIN])
    assert (stage.runs.get("watcher-1").phase, drain(stage)) == ("started", [])


def test_a_promotion_moves_the_route_once(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out([promote()])
    carrier.carry_out([promote()])
    assert (stage.registry.route(XGBOOST).active, stage.registry.route(XGBOOST).epoch) == ("v1", 1)
    assert [event.kind for event in announced(stage)] == ["moved"]


def test_a_promotion_whose_epoch_has_passed_leaves_the_route_alone(stage: Stage) -> None:
    stage.registry.promote(XGBOOST, "v2")
    bootstrap.dispatcher(stage).carry_out([promote(epoch=0)])
    assert (stage.registry.route(XGBOOST).active, stage.registry.route(XGBOOST).epoch) == ("v2", 1)
    refused = announced(stage)[-1]
    assert isinstance(refused, Refused)
    assert (refused.to_version, refused.cause) == ("v1", "shadow-1")


def rollback(epoch: int, version: str = "v2") -> Decision:
    return replace(promote(epoch, version), kind="rollback", n=9, reason="worse")


def test_a_rollback_returns_to_the_version_before_and_locks_the_bad_one_out(stage: Stage) -> None:
    for version in ("v1", "v2"):
        stage.registry.promote(XGBOOST, version)
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out([rollback(epoch=2)])
    carrier.carry_out([rollback(epoch=2)])
    route = stage.registry.route(XGBOOST)
    assert (route.active, route.epoch, route.locked_out) == ("v1", 3, ("v2",))
    carrier.carry_out([replace(promote(epoch=3, version="v2"), n=10)])
    assert stage.registry.route(XGBOOST).active == "v1"


def test_a_rollback_whose_epoch_has_passed_leaves_the_route_alone(stage: Stage) -> None:
    for version in ("v1", "v2", "v1"):
        stage.registry.promote(XGBOOST, version)
    bootstrap.dispatcher(stage).carry_out([rollback(epoch=2)])
    assert (stage.registry.route(XGBOOST).active, stage.registry.route(XGBOOST).epoch) == ("v1", 3)


def test_a_rejection_moves_nothing(stage: Stage) -> None:
    reject = Decision(role="shadow", kind="reject", n=1, at=7, model_type="xgboost", version="v1")
    bootstrap.dispatcher(stage).carry_out([reject])
    assert stage.registry.route(XGBOOST).active == "naive"
    assert stage.registry.get_model_history(XGBOOST)[0].status is ModelStatus.CANDIDATE


def test_a_step_carries_out_what_was_logged_and_the_next_process_goes_on_from_there(stage: Stage) -> None:
    stage.decisions.append(Head().chain(RETRAIN), None)
    assert bootstrap.dispatcher(stage).step() == 1
    heir = bootstrap.dispatcher(stage)
    heir.recover()
    assert (heir.step(), heir.cursor) == (0, stage.decisions.last_id())
    assert stage.progress.cursors() == {"dispatcher": stage.decisions.last_id()}


def test_what_an_operator_asked_for_goes_to_the_front(stage: Stage) -> None:
    timely = [replace(RETRAIN, n=n, trigger="time") for n in (1, 2)]
    asked = [replace(RETRAIN, n=n) for n in (3, 4)]
    bootstrap.dispatcher(stage).carry_out([*timely, *asked])
    assert [run for run, _ in drain(stage)] == ["watcher-3", "watcher-4", "watcher-1", "watcher-2"]


def test_what_is_due_together_goes_longest_first_and_what_an_operator_asked_for_before_it(
    stage: Stage,
) -> None:
    due = [
        replace(RETRAIN, n=n, model_type=name, trigger=trigger)
        for n, (name, trigger) in enumerate(
            [
                ("lightgbm", "time"),
                ("xgboost", "time"),
                ("nhits", "time"),
                ("xgboost", "manual"),
                ("nhits", "manual"),
            ]
        )
    ]
    fence = stage.ownership.acquire("dispatcher", "me", 60.0)
    bootstrap.dispatcher(stage, fence).carry_out(due)
    assert [run for run, _ in drain(stage)] == [
        "watcher-4",
        "watcher-3",
        "watcher-2",
        "watcher-1",
        "watcher-0",
    ]


@pytest.mark.parametrize("reads", [(3,), (1, 2), (2, 1), (1, 1, 1)])
def test_what_is_carried_out_comes_in_the_order_of_the_log_whatever_is_read_together(
    stage: Stage, reads: tuple[int, ...]
) -> None:
    class Noting(MemoryJobQueue):
        def enqueue_new(self, jobs: Sequence[Job]) -> None:
            active.extend((job.run, stage.registry.route(XGBOOST).active) for job in jobs)

    active: list[tuple[str, str]] = []
    log = [RETRAIN, promote(), replace(RETRAIN, n=2)]
    carrier = bootstrap.dispatcher(replace(stage, queue=Noting()))
    for count in reads:
        carrier.carry_out(log[:count])
        del log[:count]
    assert active == [("watcher-1", "naive"), ("watcher-2", "v1")]


def test_a_run_is_told_what_was_active_for_its_decision(stage: Stage) -> None:
    bootstrap.dispatcher(stage).carry_out([replace(RETRAIN, version="v0"), promote()])
    assert stage.runs.get("watcher-1").evidence["active"] == "v0"


def test_of_many_decisions_only_the_new_ones_bring_jobs(stage: Stage) -> None:
    bootstrap.dispatcher(stage).carry_out([replace(RETRAIN, n=n) for n in (1, 2)])
    for run, _ in drain(stage):
        assert stage.runs.claim(run, "worker", 60.0) is not None
    bootstrap.dispatcher(stage).carry_out([replace(RETRAIN, n=n) for n in (1, 2, 3)])
    assert drain(stage) == [("watcher-3", 1)]


def test_a_dispatcher_that_was_replaced_opens_and_queues_nothing(stage: Stage) -> None:
    old = stage.ownership.acquire("dispatcher", "old", 0.0)
    assert stage.ownership.acquire("dispatcher", "new", 60.0) is not None
    with pytest.raises(NotOwner):
        bootstrap.dispatcher(stage, old).carry_out([RETRAIN])
    assert (stage.runs.list(), drain(stage)) == ((), [])


RECALL = replace(
    RETRAIN, kind="recall", version="v2", trigger="regime_shift",
    evidence={"regimes": [], "recall": "v1", "observation": {}},
)  # fmt: skip


def served_before(stage: Stage) -> None:
    """v1 was live until v2 was."""
    for epoch, version in enumerate(("v1", "v2")):
        stage.registry.move(XGBOOST, version, epoch=epoch, cause=f"c{epoch}", actor="ann", at=5)


def runs_told(stage: Stage) -> list[Run]:
    return [each for each in announced(stage) if isinstance(each, Run)]


def test_a_recall_makes_a_retired_version_a_candidate_once_and_queues_nothing(stage: Stage) -> None:
    served_before(stage)
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out([RECALL])
    carrier.carry_out([RECALL])
    begun, back = runs_told(stage)
    assert (begun.phase, back.phase, back.version, back.recalled) == (
        "started",
        "candidate",
        "v1",
        "watcher-1",
    )
    assert (back.sha256, back.as_of) == (artifact("v1").sha256, 7)
    assert stage.registry.get_model(XGBOOST, "v1").status is ModelStatus.CANDIDATE
    assert (drain(stage), stage.runs.unfinished(), stage.progress.settled()) == ([], (), False)


@pytest.mark.parametrize("why", ["locked out", "was given up", "is active", "no version"])
def test_a_version_that_may_not_serve_is_not_recalled_and_its_run_says_why(stage: Stage, why: str) -> None:
    served_before(stage)
    asked = "v1"
    if why == "locked out":
        stage.registry.rollback(XGBOOST, cause="back", actor="ann")
        asked = "v2"
    elif why == "was given up":
        stage.registry.save_model(artifact("v3"))
        stage.registry.retire(XGBOOST, "v3")
        assert stage.registry.release(XGBOOST, "v3")
        asked = "v3"
    elif why in ("is active", "no version"):
        asked = {"is active": "v2", "no version": "v9"}[why]
    bootstrap.dispatcher(stage).carry_out([replace(RECALL, evidence={**RECALL.evidence, "recall": asked})])
    record = stage.runs.get("watcher-1")
    assert (record.phase, runs_told(stage)[-1].phase) == ("failed", "failed")
    assert why in str(record.error)


def test_a_recall_whose_dispatcher_died_is_ended_by_the_next_and_by_no_worker(stage: Stage) -> None:
    served_before(stage)
    stage.runs.open(run_of(RECALL))
    assert stage.runs.claim("watcher-1", OWNER, 60.0) is not None
    reconciler = bootstrap.reconciler(stage)
    assert [reconciler.look() for _ in range(9)] == [[]] * 9
    bootstrap.dispatcher(stage).carry_out([RECALL])
    assert [each.phase for each in runs_told(stage)] == ["started", "candidate"]


def test_heads_are_kept_outside_of_a_move_that_somebody_made_without_a_witness(stage: Stage) -> None:
    RouteRegistry(stage.space, stage.keys).promote(XGBOOST, "v1")
    assert list(stage.witness.seen()) == []
    carrier = bootstrap.dispatcher(stage)
    assert carrier.step() == 1
    assert list(stage.witness.seen()) == [stage.decisions.heads()]
    stage.decisions.append(RETRAIN, None)
    assert carrier.step() == 1  # no move
    assert len(list(stage.witness.seen())) == 1
