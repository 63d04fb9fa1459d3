"""A consumer's decisions are logged once, in order, whatever happened to the process before it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from clm.errors import NotOwner
from clm.events import DAY, SECOND, Command, Event, Outcome, Prediction, tick
from clm.policy import Policy
from clm.ports import Fence
from clm.records import Decision
from clm.scope import Scope
from clm.steps.consume import Consumer
from clm.store.batch import encode_batches
from worker import bootstrap
from worker.stage import Stage

POLICY = Policy()
MODELS = ("xgboost", "lightgbm", "nhits", "patchtst")


@pytest.fixture
def stage() -> Stage:
    return bootstrap.memory_stage(Scope())


def ask(n: int, model: str, action: str = "retrain") -> Event:
    return Command(p="ops", n=n, at=0, action=action, models=(model,))


def append(stage: Stage, *events: Event) -> None:
    for event in events:
        stage.events.append(event)


def logged(stage: Stage) -> list[Decision]:
    return [decision for _, decision in stage.decisions.read("0-0")]


def asked(stage: Stage) -> list[str]:
    return [each.model_type for each in logged(stage)]


def stale(stage: Stage) -> Fence:
    """The fence of an owner whose lease ended and who was followed by another."""
    first = stage.ownership.acquire("watcher", "first", 0.0)
    assert first is not None
    assert stage.ownership.acquire("watcher", "second", 60.0) is not None
    return first


def test_a_step_folds_what_is_there_and_logs_what_it_decides(stage: Stage) -> None:
    append(stage, tick(DAY), ask(0, "xgboost"), ask(1, "lightgbm"))
    watcher = bootstrap.watcher(stage, POLICY)
    assert watcher.step() == 3
    assert asked(stage) == ["xgboost", "lightgbm"]
    assert (watcher.step(), watcher.cursor) == (0, stage.events.last_id())


def test_a_step_takes_no_more_entries_than_asked_for(stage: Stage) -> None:
    append(stage, ask(0, "xgboost"), ask(1, "lightgbm"), ask(2, "nhits"))
    watcher = bootstrap.watcher(stage, POLICY)
    assert [watcher.step(count=2), watcher.step(count=2)] == [2, 1]
    assert asked(stage) == ["xgboost", "lightgbm", "nhits"]


def test_after_a_crash_the_decisions_since_the_checkpoint_are_not_logged_again(stage: Stage) -> None:
    append(stage, *(ask(n, model) for n, model in enumerate(MODELS)))
    crashed = bootstrap.watcher(stage, POLICY)
    crashed.step(count=1)
    crashed.save()
    crashed.step(count=2)  # and it dies here
    before = logged(stage)
    heir = bootstrap.watcher(stage, POLICY)
    heir.recover()
    assert heir.step() == 3
    assert logged(stage)[:3] == before
    assert asked(stage) == list(MODELS)


def test_a_log_with_a_crash_equals_one_without(stage: Stage) -> None:
    unbroken = bootstrap.memory_stage(Scope())
    for each in (stage, unbroken):
        append(each, *(ask(n, model) for n, model in enumerate(MODELS)), tick(DAY))
    bootstrap.watcher(stage, POLICY).step(count=3)  # no checkpoint at all
    for each in (stage, unbroken):
        heir = bootstrap.watcher(each, POLICY)
        heir.recover()
        heir.step()
    assert [d.canonical() for d in logged(stage)] == [d.canonical() for d in logged(unbroken)]


def test_an_entry_that_is_no_event_is_quarantined_and_the_stream_goes_on(stage: Stage) -> None:
    stage.space.append(stage.keys.events, b"garbage")
    append(stage, ask(0, "xgboost"))
    watcher = bootstrap.watcher(stage, POLICY)
    assert watcher.step() == 2
    assert (watcher.quarantined, stage.space.length(stage.keys.quarantine)) == (1, 1)
    assert asked(stage) == ["xgboost"]


def test_an_event_that_the_fold_refuses_is_quarantined_with_its_reason(stage: Stage) -> None:
    append(stage, ask(0, "xgboost", action="dance"), ask(1, "lightgbm"))
    bootstrap.watcher(stage, POLICY).step()
    ((_, row),) = stage.space.newest(stage.keys.quarantine, 10)
    assert b"'dance' is unknown" in row
    assert asked(stage) == ["lightgbm"]


def test_what_the_shadow_refuses_is_left_to_the_watcher(stage: Stage) -> None:
    stage.space.append(stage.keys.events, b"garbage")
    assert bootstrap.shadow(stage, POLICY).step() == 1
    assert stage.events.quarantined() == 0


def test_a_batch_is_folded_row_by_row_and_each_refused_row_is_named(stage: Stage) -> None:
    said = Prediction(
        p="t",
        n=0,
        at=SECOND,
        model_type="nhits",
        version="naive",
        symbol="A",
        horizon=1,
        value=0.5,
        naive=0.0,
    )
    came = Outcome(p="t", n=3, at=SECOND, of=("t", 0), value=0.25)
    unknown = replace(came, n=4, of=("t", 77))
    [data] = encode_batches([said, replace(said, n=1, horizon=0), replace(said, n=2), came, unknown])
    stage.space.append(stage.keys.events, data)
    watcher = bootstrap.watcher(stage, POLICY)
    assert watcher.step() == 1
    ((_, row),) = stage.space.newest(stage.keys.quarantine, 10)
    kept = json.loads(row)
    assert (kept["rows"], [place for place, _ in kept["reasons"]]) == (2, [1, 4])


def test_what_is_read_again_after_a_crash_is_not_quarantined_again(stage: Stage) -> None:
    stage.space.append(stage.keys.events, b"garbage")
    assert [bootstrap.watcher(stage, POLICY).step() for _ in range(2)] == [1, 1]
    assert stage.events.quarantined() == 1


def test_a_lost_role_quarantines_nothing(stage: Stage) -> None:
    stage.space.append(stage.keys.events, b"garbage")
    with pytest.raises(NotOwner):
        bootstrap.watcher(stage, POLICY, stale(stage)).step()
    assert stage.events.quarantined() == 0


def test_a_lost_role_is_not_hidden_and_what_it_decided_counts_for_nothing(stage: Stage) -> None:
    append(stage, ask(0, "xgboost"))
    late = bootstrap.watcher(stage, POLICY, stale(stage))
    with pytest.raises(NotOwner, match="first"):
        late.step()
    assert (logged(stage), stage.progress.cursors()) == ([], {})


def test_a_lost_role_cannot_save_its_checkpoint(stage: Stage) -> None:
    late = bootstrap.watcher(stage, POLICY, stale(stage))
    with pytest.raises(NotOwner):
        late.save()
    assert stage.checkpoints.load("watcher") is None


def test_progress_is_told_after_the_decisions_are_logged(stage: Stage) -> None:
    seen: list[tuple[str, int]] = []

    class Noting:
        def report(self, role: str, cursor: str, fence: Fence | None = None) -> None:
            seen.append((cursor, len(logged(stage))))

        def cursors(self) -> dict[str, str]:
            return {}

        def settled(self) -> bool:
            return True

    append(stage, ask(0, "xgboost"), ask(1, "lightgbm"))
    bootstrap.watcher(replace(stage, progress=Noting()), POLICY).step()
    assert seen == [(stage.events.last_id(), 2)]


def test_nothing_read_is_nothing_told(stage: Stage) -> None:
    told: list[Sequence[Decision]] = []
    watcher = bootstrap.watcher(stage, POLICY)
    consumer = Consumer("watcher", watcher.fold, bootstrap.streams(stage, POLICY), after=told.append)
    assert consumer.step() == 0
    assert (told, stage.progress.cursors()) == ([], {})
    append(stage, tick(60 * SECOND))
    consumer.step()
    assert told == [[]]


def test_what_announces_a_decision_is_an_event_behind_those_that_brought_it(stage: Stage) -> None:
    consumer = Consumer(
        "watcher",
        bootstrap.watcher(stage, POLICY).fold,
        bootstrap.streams(stage, POLICY),
        announce=lambda decision: [tick(decision.n * 60 * SECOND)],
    )
    append(stage, ask(0, "xgboost"), ask(1, "lightgbm"))
    assert [consumer.step(), consumer.step()] == [2, 2]
    assert stage.space.length(stage.keys.events) == 4
