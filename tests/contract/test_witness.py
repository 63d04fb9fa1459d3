"""The heads of the decision log are kept with every move, and a witness that cannot write is in no way."""

import logging
from pathlib import Path

import pytest

from clm.decisions.chains import forgotten
from clm.model import NAIVE
from clm.ports import Witness
from clm.records import Head
from clm.store.decision_log import StreamDecisionLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.registry import RouteRegistry
from clm.store.witness import FileWitness, MemoryWitness
from tests.contract.test_registry import XGB, artifact

HEADS = {"registry": Head(3, "ab" * 32), "watcher": Head(7, "cd" * 32)}


@pytest.fixture(params=["memory", "file"])
def witness(request: pytest.FixtureRequest, tmp_path: Path) -> Witness:
    return MemoryWitness() if request.param == "memory" else FileWitness(tmp_path / "heads" / "s.jsonl")


def test_heads_come_back_in_the_order_they_were_seen(witness: Witness) -> None:
    assert list(witness.seen()) == []
    witness.saw(HEADS)
    witness.saw({"registry": Head(4, "ef" * 32)})
    assert list(witness.seen()) == [HEADS, {"registry": Head(4, "ef" * 32)}]


def test_every_move_leaves_the_heads_with_the_witness(space: Keyspace, keys: Keys, witness: Witness) -> None:
    registry = RouteRegistry(space, keys, witness=witness)
    registry.save_model(artifact("A"))
    for version in ("A", NAIVE):
        registry.promote(XGB, version)
    log = [decision for _, decision in StreamDecisionLog(space, keys).read("0-0")]
    assert [heads["registry"] for heads in witness.seen()] == [Head(each.n, each.hash) for each in log]
    assert forgotten(log, witness.seen()) == []
    assert forgotten(log[:1], witness.seen()) == ["registry-2 was written and is gone: the log was cut"]


def test_a_full_disk_is_logged_and_stops_no_move(
    space: Keyspace, keys: Keys, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "heads").write_text("a file where a folder should be")
    registry = RouteRegistry(space, keys, witness=FileWitness(tmp_path / "heads" / "s.jsonl"))
    registry.save_model(artifact("A"))
    with caplog.at_level(logging.WARNING):
        registry.promote(XGB, "A")
    assert registry.route(XGB).active == "A"
    assert "were not kept in" in caplog.text


def test_a_torn_line_is_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "s.jsonl"
    witness = FileWitness(path)
    witness.saw(HEADS)
    path.write_bytes(path.read_bytes()[:-20] + b"\n")
    witness.saw(HEADS)
    assert list(witness.seen()) == [HEADS]
    assert "cannot be read" in caplog.text
