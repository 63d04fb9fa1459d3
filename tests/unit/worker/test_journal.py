"""The journal reads each decision once and keeps the newest whole."""

from __future__ import annotations

import pytest

from clm.records import Decision
from clm.store.decision_log import StreamDecisionLog
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from worker.journal import Journal


@pytest.fixture
def log() -> StreamDecisionLog:
    return StreamDecisionLog(MemoryKeyspace(), Keys("default"))


def decide(log: StreamDecisionLog, version: str) -> Decision:
    draft = Decision(
        role="shadow", kind="reject", at=0, model_type="xgboost", version=version, evidence={"a": 1}
    )
    decision = log.head("shadow").chain(draft)
    assert log.append(decision, None)
    return decision


def test_it_follows_the_log_without_reading_a_decision_twice(log: StreamDecisionLog) -> None:
    journal = Journal(log)
    decide(log, "v1")
    assert [each.version for each in journal.chain()] == ["v1"]
    decide(log, "v2")
    assert [each.version for each in journal.chain()] == ["v1", "v2"]


def test_the_newest_are_whole_and_the_chain_is_light(log: StreamDecisionLog) -> None:
    journal = Journal(log)
    decided = [decide(log, version) for version in ("v1", "v2", "v3")]
    assert journal.newest(2) == decided[1:]
    assert [each.evidence for each in journal.chain()] == [{}, {}, {}]
