"""Run records: opened once, claimed under a lease, ended once, each phase with its one event."""

import time
from dataclasses import replace

import pytest

from clm.errors import NotOwner, UnknownRun
from clm.events import Event, Run
from clm.ports import Fence, RunRecord
from clm.steps.runs import ended
from clm.store.codec import decode
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.run_store import HashRuns

QUEUED = RunRecord(run="watcher-1", model_type="xgboost", as_of=5, cause="watcher-1", trigger="time")


@pytest.fixture
def runs(space: Keyspace, keys: Keys) -> HashRuns:
    store = HashRuns(space, keys)
    assert store.open(QUEUED)
    return store


@pytest.fixture
def events(space: Keyspace, keys: Keys) -> StreamEventLog:
    return StreamEventLog(space, keys)


def claimed(runs: HashRuns, owner: str = "w1", lease_s: float = 30.0) -> Fence:
    fence = runs.claim(QUEUED.run, owner, lease_s)
    assert fence is not None
    return fence


def candidate(runs: HashRuns) -> tuple[RunRecord, Event]:
    record = replace(runs.get(QUEUED.run), phase="candidate", version="v1")
    return record, ended(record)


def phases(events: StreamEventLog) -> list[tuple[str, int, str]]:
    found = [decode(entry.data) for entry in events.read("0")]
    return [(each.p, each.n, each.phase) for each in found if isinstance(each, Run)]


def test_a_run_is_opened_once(runs: HashRuns) -> None:
    assert not runs.open(replace(QUEUED, trigger="manual"))
    assert runs.get("watcher-1") == QUEUED


def test_an_unknown_run_is_named(runs: HashRuns) -> None:
    with pytest.raises(UnknownRun, match="watcher-9"):
        runs.get("watcher-9")


def test_runs_are_listed_newest_first_and_worked_oldest_first(runs: HashRuns) -> None:
    runs.open(replace(QUEUED, run="watcher-2"))
    runs.open(replace(QUEUED, run="watcher-10"))
    assert [each.run for each in runs.list(2)] == ["watcher-10", "watcher-2"]
    assert [each.run for each in runs.unfinished()] == ["watcher-1", "watcher-2", "watcher-10"]


def test_a_claim_starts_the_run_and_says_so_once(runs: HashRuns, events: StreamEventLog) -> None:
    claimed(runs)
    record = runs.get("watcher-1")
    assert (record.phase, record.attempt) == ("started", 1)
    assert phases(events) == [("run:watcher-1", 0, "started")]


def test_while_an_attempt_holds_its_lease_nobody_else_starts(runs: HashRuns) -> None:
    claimed(runs)
    assert runs.leased("watcher-1")
    assert runs.claim("watcher-1", "w2", 30.0) is None
    assert runs.get("watcher-1").attempt == 1


def test_a_second_attempt_has_a_higher_token_and_no_second_event(
    runs: HashRuns, events: StreamEventLog
) -> None:
    first = claimed(runs, lease_s=0.03)
    time.sleep(0.05)
    second = claimed(runs, "w2")
    assert second.token > first.token
    assert runs.get("watcher-1").attempt == 2
    assert len(phases(events)) == 1
    with pytest.raises(NotOwner, match="watcher-1"):
        runs.renew(first, 30.0)


def test_a_run_ends_once_with_one_event(runs: HashRuns, events: StreamEventLog) -> None:
    fence = claimed(runs)
    record, event = candidate(runs)
    assert runs.finish(record, fence, event)
    assert not runs.finish(record, fence, event)
    assert not runs.bury(replace(record, phase="failed"), event)
    assert runs.get("watcher-1") == record
    assert phases(events) == [("run:watcher-1", 0, "started"), ("run:watcher-1", 1, "candidate")]
    assert not runs.leased("watcher-1")


def test_a_run_that_was_ended_from_outside_fails_once_and_only_while_its_attempt_holds_it(
    runs: HashRuns, events: StreamEventLog
) -> None:
    fence = claimed(runs)
    record = replace(runs.get("watcher-1"), phase="failed", error="too long")
    with pytest.raises(NotOwner):
        runs.condemn(record, "w2", ended(record))
    assert runs.condemn(record, "w1", ended(record))
    assert (runs.get("watcher-1").error, runs.leased("watcher-1")) == ("too long", False)
    assert phases(events)[1:] == [("run:watcher-1", 1, "failed")]
    late, event = candidate(runs)
    assert not runs.finish(late, fence, event)
    assert runs.get("watcher-1").phase == "failed"


def test_one_that_hangs_until_its_lease_has_ended_can_still_be_failed(runs: HashRuns) -> None:
    runs.abandon("watcher-1", claimed(runs).owner)
    record = replace(runs.get("watcher-1"), phase="failed", error="too long")
    assert runs.condemn(record, "w1", ended(record))


def test_what_a_training_cost_is_known_once_it_brought_a_candidate(runs: HashRuns) -> None:
    runs.open(replace(QUEUED, run="watcher-2", model_type="nhits"))
    fence = claimed(runs)
    record, event = candidate(runs)
    assert runs.costs() == {}
    runs.finish(replace(record, cpu_seconds=2.5), fence, event)
    other = runs.claim("watcher-2", "w1", 30.0)
    assert other is not None
    failed = replace(runs.get("watcher-2"), phase="failed", cpu_seconds=0.1)
    runs.finish(failed, other, ended(failed))
    assert runs.costs() == {"xgboost": 2.5}


def test_an_ended_run_is_neither_claimed_nor_unfinished(runs: HashRuns) -> None:
    fence = claimed(runs)
    runs.finish(*_with(candidate(runs), fence))
    assert runs.claim("watcher-1", "w2", 30.0) is None
    assert list(runs.unfinished()) == []


def test_an_attempt_that_was_overtaken_ends_nothing(runs: HashRuns, events: StreamEventLog) -> None:
    overtaken = claimed(runs, lease_s=0.03)
    time.sleep(0.05)
    claimed(runs, "w2")
    record, event = candidate(runs)
    with pytest.raises(NotOwner, match="watcher-1"):
        runs.finish(record, overtaken, event)
    assert runs.get("watcher-1").phase == "started"
    assert len(phases(events)) == 1


def test_the_reconciler_ends_a_run_only_while_nobody_works_on_it(runs: HashRuns) -> None:
    fence = claimed(runs)
    failed = replace(runs.get("watcher-1"), phase="failed", error="the worker died")
    with pytest.raises(NotOwner):
        runs.bury(failed, ended(failed))
    runs.abandon("watcher-1", fence.owner)
    assert runs.bury(failed, ended(failed))
    assert runs.get("watcher-1").error == "the worker died"


def test_a_lease_ends_at_once_only_for_the_owner_that_died(runs: HashRuns) -> None:
    claimed(runs, "w1")
    assert not runs.abandon("watcher-1", "w2")
    assert runs.leased("watcher-1")
    assert runs.abandon("watcher-1", "w1")
    assert not runs.leased("watcher-1")


def test_many_runs_are_opened_at_once_and_each_only_once(runs: HashRuns) -> None:
    others = [replace(QUEUED, run=f"watcher-{n}") for n in (2, 3)]
    assert runs.open_all([QUEUED, *others]) == [False, True, True]
    assert runs.open_all(others) == [False, False]
    assert [each.run for each in runs.unfinished()] == ["watcher-1", "watcher-2", "watcher-3"]


def test_a_job_lost_on_the_way_is_counted_only_while_the_record_is_as_seen(runs: HashRuns) -> None:
    seen = runs.get("watcher-1")
    counted = runs.lose(seen)
    assert counted is not None
    assert counted.lost == 1
    assert runs.lose(seen) is None
    assert runs.get("watcher-1") == counted


def _with(what: tuple[RunRecord, Event], fence: Fence) -> tuple[RunRecord, Fence, Event]:
    return what[0], fence, what[1]
