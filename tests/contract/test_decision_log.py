"""The decision log: each role's next decision, once, by its owner, with the events that announce it."""

from dataclasses import replace
from typing import Any

import pytest

from clm.errors import NotOwner, OutOfOrder
from clm.events import Verdict
from clm.ports import Fence
from clm.records import GENESIS, Decision, Head
from clm.store.codec import decode
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.ownership import LeaseOwnership

RETRAIN = Decision(role="watcher", kind="retrain", at=60_000_000, model_type="xgboost", reason="due")


@pytest.fixture
def log(space: Keyspace, keys: Keys) -> StreamDecisionLog:
    return StreamDecisionLog(space, keys)


@pytest.fixture
def ownership(space: Keyspace, keys: Keys) -> LeaseOwnership:
    return LeaseOwnership(space, keys)


class Trips:
    """A keyspace that notes what is asked of it."""

    def __init__(self, space: Keyspace) -> None:
        self._space = space
        self.made: list[str] = []

    def prepare(self, *parts: Any) -> Any:
        """Preparing asks for nothing; the commit that comes of it does."""
        commit = self._space.prepare(*parts)
        return lambda *values: (self.made.append("commit"), commit(*values))[1]

    def __getattr__(self, name: str) -> Any:
        self.made.append(name)
        return getattr(self._space, name)


def owned(ownership: LeaseOwnership, role: str = "watcher") -> Fence:
    fence = ownership.acquire(role, "me", 30.0)
    assert fence is not None
    return fence


def test_a_role_starts_at_genesis(log: StreamDecisionLog) -> None:
    assert log.head("watcher") == Head(0, GENESIS)
    assert log.last_id() == "0-0"


def test_what_is_logged_is_read_back_equal_and_intact(log: StreamDecisionLog) -> None:
    decision = Head().chain(replace(RETRAIN, evidence={"accuracy": 0.1 + 0.2, "é": [1, None]}))
    assert log.append(decision, None)
    [(entry_id, read)] = log.read("0")
    assert read == decision
    assert read.intact()
    assert log.last_id() == entry_id


def test_the_chain_of_a_role_grows_by_one_and_ignores_other_roles(log: StreamDecisionLog) -> None:
    first = Head().chain(RETRAIN)
    other = Head().chain(replace(RETRAIN, role="shadow"))
    second = Head(1, first.hash).chain(RETRAIN)
    assert [log.append(each, None) for each in (first, other, second)] == [True, True, True]
    assert log.head("watcher") == Head(2, second.hash)
    assert log.head("shadow") == Head(1, other.hash)


def test_a_first_decision_that_follows_another_chain_is_out_of_order(log: StreamDecisionLog) -> None:
    with pytest.raises(OutOfOrder, match="watcher-1"):
        log.append(Head(0, "f" * 64).chain(RETRAIN), None)


def test_the_next_decision_of_an_owner_is_one_round_trip(
    space: Keyspace, keys: Keys, ownership: LeaseOwnership
) -> None:
    trips, fence, head = Trips(space), owned(ownership), Head()
    for _ in range(3):
        decision = head.chain(RETRAIN)
        assert StreamDecisionLog(trips, keys).append(decision, fence)  # type: ignore[arg-type]
        head = Head(decision.n, decision.hash)
    assert trips.made == ["commit"] * 3


def test_a_decision_derived_again_changes_nothing(log: StreamDecisionLog) -> None:
    first = Head().chain(RETRAIN)
    log.append(first, None)
    log.append(log.head("watcher").chain(RETRAIN), None)
    before = log.read("0")
    assert not log.append(first, None)
    assert log.read("0") == before


def test_another_decision_of_a_logged_number_is_out_of_order(log: StreamDecisionLog) -> None:
    log.append(Head().chain(RETRAIN), None)
    with pytest.raises(OutOfOrder, match="watcher-1"):
        log.append(Head().chain(replace(RETRAIN, reason="another")), None)


def test_a_number_that_skips_one_is_out_of_order(log: StreamDecisionLog) -> None:
    with pytest.raises(OutOfOrder, match="watcher-2"):
        log.append(Head(1, "f" * 64).chain(RETRAIN), None)
    assert log.read("0") == []


def test_a_decision_that_does_not_follow_the_head_is_out_of_order(log: StreamDecisionLog) -> None:
    log.append(Head().chain(RETRAIN), None)
    with pytest.raises(OutOfOrder, match="watcher-2"):
        log.append(Head(1, "f" * 64).chain(RETRAIN), None)


def test_a_decision_and_its_announcements_are_one_write(
    log: StreamDecisionLog, space: Keyspace, keys: Keys
) -> None:
    decision = Head().chain(replace(RETRAIN, role="shadow", kind="promote"))
    verdict = Verdict(
        p="shadow", n=1, at=60_000_000, model_type="xgboost", version="v1", result="promote",
        decision=decision.id,
    )  # fmt: skip
    assert log.append(decision, None, [verdict])
    assert not log.append(decision, None, [verdict])
    assert [decode(entry.data) for entry in StreamEventLog(space, keys).read("0")] == [verdict]


def test_the_owner_of_the_role_may_write(log: StreamDecisionLog, ownership: LeaseOwnership) -> None:
    assert log.append(Head().chain(RETRAIN), owned(ownership))


def test_a_stale_fence_writes_nothing(log: StreamDecisionLog, ownership: LeaseOwnership) -> None:
    stale = owned(ownership)
    ownership.release(stale)
    assert ownership.acquire("watcher", "another", 30.0) is not None
    with pytest.raises(NotOwner, match="token 1"):
        log.append(Head().chain(RETRAIN), stale)
    assert log.read("0") == []
    assert log.head("watcher") == Head()
