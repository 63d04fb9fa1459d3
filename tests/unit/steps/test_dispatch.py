"""A dispatcher carries out each decision with the effect of once, and gives up on what keeps dying."""

from __future__ import annotations

import pytest

from clm.events import Event, Refused, Run
from clm.model import ModelStatus, ModelType
from clm.ports import RunRecord
from clm.records import Decision, Head
from clm.scope import Scope
from clm.steps.dispatch import MAX_ATTEMPTS
from clm.store.codec import decode
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
    waiting: list[tuple[str, int]] = stage.queue.drain()  # type: ignore[attr-defined]
    return waiting


def die(stage: Stage, run: str = "watcher-1") -> None:
    """A worker takes what waits and is gone before its lease could be renewed."""
    drain(stage)
    assert stage.runs.claim(run, "worker", 0.0) is not None


def test_a_retrain_opens_one_run_with_one_job_however_often_it_is_carried_out(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out(RETRAIN)
    carrier.carry_out(RETRAIN)
    (record,) = stage.runs.list()
    assert (record.run, record.as_of, record.trigger, record.cause) == ("watcher-1", 7, "manual", "ops-0")
    assert (record.phase, record.evidence) == ("queued", {"regimes": [[3, "calm"]]})
    assert drain(stage) == [("watcher-1", 1)]


def test_a_retrain_of_a_run_that_has_begun_changes_nothing(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out(RETRAIN)
    drain(stage)
    assert stage.runs.claim("watcher-1", "worker", 60.0) is not None
    carrier.carry_out(RETRAIN)
    assert (stage.runs.get("watcher-1").phase, drain(stage)) == ("started", [])


def test_a_promotion_moves_the_route_once(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out(promote())
    carrier.carry_out(promote())
    assert (stage.registry.route(XGBOOST).active, stage.registry.route(XGBOOST).epoch) == ("v1", 1)
    assert [event.kind for event in announced(stage)] == ["moved"]


def test_a_promotion_whose_epoch_has_passed_leaves_the_route_alone(stage: Stage) -> None:
    stage.registry.promote(XGBOOST, "v2")
    bootstrap.dispatcher(stage).carry_out(promote(epoch=0))
    assert (stage.registry.route(XGBOOST).active, stage.registry.route(XGBOOST).epoch) == ("v2", 1)
    refused = announced(stage)[-1]
    assert isinstance(refused, Refused)
    assert (refused.to_version, refused.cause) == ("v1", "shadow-1")


def test_a_rejection_moves_nothing(stage: Stage) -> None:
    reject = Decision(role="shadow", kind="reject", n=1, at=7, model_type="xgboost", version="v1")
    bootstrap.dispatcher(stage).carry_out(reject)
    assert stage.registry.route(XGBOOST).active == "naive"
    assert stage.registry.get_model_history(XGBOOST)[0].status is ModelStatus.CANDIDATE


def test_a_step_carries_out_what_was_logged_and_the_next_process_goes_on_from_there(stage: Stage) -> None:
    stage.decisions.append(Head().chain(RETRAIN), None)
    assert bootstrap.dispatcher(stage).step() == 1
    heir = bootstrap.dispatcher(stage)
    heir.recover()
    assert (heir.step(), heir.cursor) == (0, stage.decisions.last_id())
    assert stage.progress.cursors() == {"dispatcher": stage.decisions.last_id()}


def test_a_run_whose_worker_died_is_queued_again(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out(RETRAIN)
    die(stage)
    assert [record.run for record in carrier.reconcile()] == ["watcher-1"]
    assert drain(stage) == [("watcher-1", 2)]


def test_a_run_that_waits_or_is_worked_on_is_left_alone(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out(RETRAIN)
    assert carrier.reconcile() == []
    drain(stage)
    stage.runs.claim("watcher-1", "worker", 60.0)
    assert (carrier.reconcile(), drain(stage)) == ([], [])


def test_a_run_that_died_three_times_fails_with_a_message_and_an_event(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out(RETRAIN)
    for _ in range(MAX_ATTEMPTS):
        assert stage.runs.get("watcher-1").phase != "failed"
        die(stage)
        carrier.reconcile()
    record, event = stage.runs.get("watcher-1"), announced(stage)[-1]
    assert (record.phase, record.attempt, drain(stage)) == ("failed", 3, [])
    assert "died 3 times" in str(record.error)
    assert isinstance(event, Run)
    assert (event.run, event.phase, event.error) == ("watcher-1", "failed", record.error)


def test_a_run_that_was_given_up_is_not_touched_again(stage: Stage) -> None:
    carrier = bootstrap.dispatcher(stage)
    carrier.carry_out(RETRAIN)
    for _ in range(MAX_ATTEMPTS):
        die(stage)
        touched: list[RunRecord] = carrier.reconcile()
    assert len(touched) == 1
    assert carrier.reconcile() == []
    assert stage.runs.claim("watcher-1", "worker", 60.0) is None
