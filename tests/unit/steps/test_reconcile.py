"""A run whose worker died is tried three times in all, and then given up with a dead letter."""

from __future__ import annotations

import json

import pytest

from clm.events import Run
from clm.ports import Job, RunRecord
from clm.scope import Scope
from clm.steps.reconcile import LOOKS, MAX_ATTEMPTS
from clm.store.codec import decode
from worker import bootstrap
from worker.stage import Stage

RECORD = RunRecord(run="watcher-1", model_type="xgboost", as_of=7, cause="ops-0", trigger="manual")


@pytest.fixture
def stage() -> Stage:
    stage = bootstrap.memory_stage(Scope())
    stage.runs.open(RECORD)
    stage.queue.enqueue_new([Job("watcher-1", 1, "xgboost", urgent=True)])
    return stage


def drain(stage: Stage) -> list[tuple[str, int]]:
    waiting: list[Job] = stage.queue.drain()  # type: ignore[attr-defined]
    return [(job.run, job.attempt) for job in waiting]


def die(stage: Stage) -> None:
    """A worker takes what waits and is gone before its lease could be renewed."""
    drain(stage)
    assert stage.runs.claim("watcher-1", "worker", 0.0) is not None


def letters(stage: Stage) -> list[dict[str, object]]:
    return [json.loads(data) for _, data in stage.space.read(stage.keys.dead, "0", 10)]


def test_a_run_whose_worker_died_is_queued_again(stage: Stage) -> None:
    die(stage)
    assert [record.run for record in bootstrap.reconciler(stage).look()] == ["watcher-1"]
    assert drain(stage) == [("watcher-1", 2)]


def test_a_run_that_waits_or_is_worked_on_is_left_alone(stage: Stage) -> None:
    reconciler = bootstrap.reconciler(stage)
    assert [reconciler.look() for _ in range(LOOKS)] == [[]] * LOOKS
    drain(stage)
    stage.runs.claim("watcher-1", "worker", 60.0)
    assert [reconciler.look() for _ in range(LOOKS)] == [[]] * LOOKS
    assert drain(stage) == []


def test_a_job_that_vanished_before_it_began_counts_as_a_try(stage: Stage) -> None:
    reconciler = bootstrap.reconciler(stage)
    drain(stage)
    looks = [reconciler.look() for _ in range(LOOKS)]
    assert [len(each) for each in looks] == [0, 0, 0, 1]
    assert (stage.runs.get("watcher-1").lost, drain(stage)) == (1, [("watcher-1", 2)])


def test_a_job_that_always_vanishes_is_given_up(stage: Stage) -> None:
    reconciler = bootstrap.reconciler(stage)
    for _ in range(MAX_ATTEMPTS * LOOKS):
        drain(stage)
        reconciler.look()
    record = stage.runs.get("watcher-1")
    assert (record.phase, record.attempt, record.lost) == ("failed", 0, 3)
    assert "died 3 times, 3 of them before it began" in str(record.error)


def test_a_run_that_died_three_times_fails_with_a_message_an_event_and_a_dead_letter(stage: Stage) -> None:
    reconciler = bootstrap.reconciler(stage)
    for _ in range(MAX_ATTEMPTS):
        assert stage.runs.get("watcher-1").phase != "failed"
        die(stage)
        reconciler.look()
    record, event = stage.runs.get("watcher-1"), decode(stage.events.read("0-0")[-1].data)
    assert (record.phase, record.dead, record.attempt, drain(stage)) == ("failed", True, 3, [])
    assert isinstance(event, Run)
    assert (event.run, event.phase, event.error) == ("watcher-1", "failed", record.error)
    error = "the training worker died 3 times: see its log, then retrain by hand"
    assert letters(stage) == [{"run": "watcher-1", "model_type": "xgboost", "attempts": 3, "error": error}]


def test_a_run_that_was_given_up_is_not_touched_again(stage: Stage) -> None:
    reconciler = bootstrap.reconciler(stage)
    for _ in range(MAX_ATTEMPTS):
        die(stage)
        touched = reconciler.look()
    assert len(touched) == 1
    assert (reconciler.look(), len(letters(stage))) == ([], 1)
    assert stage.runs.claim("watcher-1", "worker", 60.0) is None


def test_a_run_that_died_does_not_keep_the_next_one_waiting(stage: Stage) -> None:
    die(stage)
    carrier = bootstrap.reconciler(stage)
    stage.runs.open(RunRecord(run="watcher-2", model_type="xgboost", as_of=8, cause="", trigger="time"))
    stage.queue.enqueue(Job("watcher-2", 1, "xgboost"))
    carrier.look()
    assert drain(stage) == [("watcher-1", 2), ("watcher-2", 1)]
