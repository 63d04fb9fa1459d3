"""One owner per role; who was paused and replaced writes nothing; checkpoints and progress."""

import threading
import time

import pytest

from clm.errors import NotOwner
from clm.events import tick
from clm.model import ModelStatus, ModelType
from clm.ports import Fence, RunRecord
from clm.records import Decision, Head
from clm.store.codec import decode
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.ownership import FencedCheckpoints, HashProgress, LeaseOwnership
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from tests.contract.test_registry import artifact


@pytest.fixture
def ownership(space: Keyspace, keys: Keys) -> LeaseOwnership:
    return LeaseOwnership(space, keys)


def replaced(ownership: LeaseOwnership, role: str = "watcher") -> Fence:
    """The fence of an owner who was followed by another, b."""
    stale = ownership.acquire(role, "a", 30.0)
    assert stale is not None
    ownership.release(stale)
    assert ownership.acquire(role, "b", 30.0) is not None
    return stale


def test_while_a_lease_runs_nobody_else_owns_the_role(ownership: LeaseOwnership) -> None:
    assert ownership.acquire("watcher", "a", 30.0) == Fence("watcher", "a", 1)
    assert ownership.acquire("watcher", "b", 30.0) is None
    assert ownership.acquire("shadow", "b", 30.0) == Fence("shadow", "b", 1)


def test_of_racing_owners_one_wins(ownership: LeaseOwnership) -> None:
    fences: list[Fence | None] = []
    racers = [
        threading.Thread(target=lambda me=f"p{i}": fences.append(ownership.acquire("watcher", me, 30.0)))
        for i in range(8)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(10)
    assert sum(fence is not None for fence in fences) == 1


def test_a_lease_that_ran_out_gives_the_next_owner_a_higher_token(ownership: LeaseOwnership) -> None:
    paused = ownership.acquire("watcher", "a", 0.03)
    time.sleep(0.05)
    assert paused is not None
    assert ownership.acquire("watcher", "b", 30.0) == Fence("watcher", "b", 2)
    with pytest.raises(NotOwner, match="token 1"):
        ownership.renew(paused, 30.0)


def test_a_renewed_lease_runs_on(ownership: LeaseOwnership) -> None:
    fence = ownership.acquire("watcher", "a", 0.05)
    assert fence is not None
    ownership.renew(fence, 30.0)
    time.sleep(0.07)
    assert ownership.acquire("watcher", "b", 30.0) is None


def test_an_owner_may_take_its_own_role_again_under_a_new_token(ownership: LeaseOwnership) -> None:
    first = ownership.acquire("watcher", "a", 30.0)
    assert first is not None
    assert ownership.acquire("watcher", "a", 30.0) == Fence("watcher", "a", 2)
    with pytest.raises(NotOwner, match="token 1"):
        ownership.renew(first, 30.0)
    assert ownership.acquire("watcher", "b", 30.0) is None


def test_a_released_role_is_free_at_once(ownership: LeaseOwnership) -> None:
    fence = ownership.acquire("watcher", "a", 30.0)
    assert fence is not None
    ownership.release(fence)
    assert ownership.acquire("watcher", "b", 30.0) == Fence("watcher", "b", 2)


def test_a_late_release_does_not_free_the_role_of_the_next_owner(ownership: LeaseOwnership) -> None:
    paused = ownership.acquire("watcher", "a", 0.03)
    time.sleep(0.05)
    ownership.acquire("watcher", "b", 30.0)
    assert paused is not None
    ownership.release(paused)
    assert ownership.acquire("watcher", "c", 30.0) is None


def test_a_checkpoint_is_cursor_and_state_together(space: Keyspace, keys: Keys) -> None:
    checkpoints = FencedCheckpoints(space, keys)
    assert checkpoints.load("watcher") is None
    checkpoints.save("watcher", None, "7-1", b"state\n\x00with\nlines")
    assert checkpoints.load("watcher") == ("7-1", b"state\n\x00with\nlines")


def test_a_stale_owner_saves_no_checkpoint(space: Keyspace, keys: Keys, ownership: LeaseOwnership) -> None:
    checkpoints, stale = FencedCheckpoints(space, keys), replaced(ownership)
    checkpoints.save("watcher", ownership.acquire("watcher", "b", 30.0), "7-1", b"mine")
    with pytest.raises(NotOwner, match="watcher"):
        checkpoints.save("watcher", stale, "9-1", b"late")
    assert checkpoints.load("watcher") == ("7-1", b"mine")


def test_a_stale_owner_reports_no_progress(space: Keyspace, keys: Keys, ownership: LeaseOwnership) -> None:
    progress, stale = HashProgress(space, keys), replaced(ownership)
    progress.report("watcher", "7-1", ownership.acquire("watcher", "b", 30.0))
    progress.report("watcher", "9-1", stale)
    assert progress.cursors() == {"watcher": "7-1"}


def test_a_stale_owner_writes_no_event(space: Keyspace, keys: Keys, ownership: LeaseOwnership) -> None:
    events, stale = StreamEventLog(space, keys), replaced(ownership)
    events.append_owned(tick(60_000_000), ownership.acquire("watcher", "b", 30.0))
    with pytest.raises(NotOwner, match="tick"):
        events.append_owned(tick(120_000_000), stale)
    assert [decode(each.data) for each in events.read("0")] == [tick(60_000_000)]


def test_a_stale_owner_marks_no_version(space: Keyspace, keys: Keys, ownership: LeaseOwnership) -> None:
    registry, stale = RouteRegistry(space, keys), replaced(ownership, "shadow")
    registry.save_model(artifact("A"))
    with pytest.raises(NotOwner, match="token 1"):
        registry.mark(ModelType.XGBOOST, "A", ModelStatus.SHADOW, stale)
    assert registry.get_model(ModelType.XGBOOST, "A").status is ModelStatus.CANDIDATE


def test_an_empty_scope_is_settled(space: Keyspace, keys: Keys) -> None:
    assert HashProgress(space, keys).settled()


def test_a_scope_is_settled_when_watcher_and_shadow_have_folded_the_newest_event(
    space: Keyspace, keys: Keys
) -> None:
    progress = HashProgress(space, keys)
    newest = StreamEventLog(space, keys).append(tick(60_000_000))
    assert not progress.settled()
    progress.report("watcher", newest)
    assert not progress.settled()
    progress.report("shadow", newest)
    assert progress.settled()


def test_a_scope_is_not_settled_while_a_decision_is_not_dispatched(space: Keyspace, keys: Keys) -> None:
    progress, log = HashProgress(space, keys), StreamDecisionLog(space, keys)
    log.append(Head().chain(Decision(role="watcher", kind="retrain", at=1, model_type="nhits")), None)
    assert not progress.settled()
    progress.report("dispatcher", log.last_id())
    assert progress.settled()


def test_a_scope_is_not_settled_while_a_run_is_open(space: Keyspace, keys: Keys) -> None:
    HashRuns(space, keys).open(
        RunRecord(run="watcher-1", model_type="nhits", as_of=1, cause="watcher-1", trigger="time")
    )
    assert not HashProgress(space, keys).settled()
