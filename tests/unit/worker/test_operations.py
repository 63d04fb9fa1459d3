"""The operators' commands: facts as JSON, moves and orders under the operator's name, one clear line else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clm.events import Command
from clm.model import ModelType
from clm.scope import Scope
from clm.store import scope_record
from clm.store.codec import decode
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.redis_keyspace import RedisKeyspace, connect
from clm.store.registry import RouteRegistry
from producers.sinks import StreamSink
from producers.stats import Stats
from tests.contract.test_registry import artifact
from tests.unit.decisions.sparring import Ring
from tests.unit.decisions.stream import Tape
from worker import bootstrap
from worker.cli import main
from worker.settings import load

pytestmark = pytest.mark.server
XGB = ModelType.XGBOOST


@pytest.fixture
def space(server_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RedisKeyspace:
    monkeypatch.setenv("CLM_REDIS_URL", server_url)
    monkeypatch.setenv("CLM_HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "ann")
    return connect(server_url)


@pytest.fixture
def keys(space: RedisKeyspace, scope_name: str) -> Keys:
    """The keys of a scope that no file declares; its processes once did, on the server."""
    made = Keys(scope_name)
    scope_record.save(space, made, Scope(name=scope_name))
    for version in ("A", "B"):
        RouteRegistry(space, made).save_model(artifact(version))
    return made


def facts(capsys: pytest.CaptureFixture[str], keys: Keys, *words: str) -> Any:
    assert main([*words, "--scope", keys.scope, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_scope_that_only_the_server_knows_can_be_looked_at(
    keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    told = facts(capsys, keys, "status")
    assert told["xgboost"]["active_version"] == "naive"
    assert told["xgboost"]["epoch"] == 0


def test_the_status_tells_open_trials_and_the_pairs_they_still_need(
    keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, ring = load(scope=keys.scope), Ring(0.9)
    stage = bootstrap.redis_stage(settings, Scope(name=keys.scope))
    for event in (Tape("registry").moved("A"), ring.candidate("B")):
        stage.events.append(event)
    shadow = bootstrap.shadow(stage, settings.policy())
    shadow.step()
    shadow.save()
    (trial,) = facts(capsys, keys, "status")["xgboost"]["trials"]
    assert (trial["candidate_version"], trial["active_version"], trial["complete"]) == ("B", "A", False)
    assert main(["status", "--scope", keys.scope]) == 0
    assert "in shadow beside A, 0 pairs, undecided: " in capsys.readouterr().out


def test_the_status_names_producers_that_lost_events(
    space: RedisKeyspace, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    counters = Stats(published=9, pending=0, dropped=3, failed=2).counters(at=1)
    StreamSink(space, keys).report("trader-1", counters)
    assert facts(capsys, keys, "status")["losses"] == [{"producer": "trader-1", "dropped": 3, "failed": 2}]
    assert main(["status", "--scope", keys.scope]) == 0
    assert "trader-1: dropped 3, failed 2" in capsys.readouterr().out


def test_a_scope_that_nobody_declared_is_refused(
    space: RedisKeyspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--scope", "nobodys"]) == 1
    assert "nobodys" in capsys.readouterr().err


def test_a_version_is_promoted_and_rolled_back_under_the_operators_name(
    keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    promoted = facts(capsys, keys, "promote", "xgboost", "A", "--reason", "I know better")
    assert (promoted["version"], promoted["actor"], promoted["reason"]) == ("A", "ann", "I know better")
    assert facts(capsys, keys, "rollback", "xgboost")["version"] == "naive"
    kinds = [each["kind"] for each in facts(capsys, keys, "decisions")]
    assert kinds == ["promoted", "rolled_back"]
    assert facts(capsys, keys, "verify")["faults"] == []


def test_a_decision_is_explained_and_computed_again(keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    facts(capsys, keys, "promote", "xgboost", "A", "--reason", "I know better")
    told = facts(capsys, keys, "decisions", "--explain", "registry-1")
    assert (told["decision"]["version"], told["follows"], told["faults"]) == ("A", True, [])
    assert main(["decisions", "--explain", "registry-1", "--scope", keys.scope]) == 0
    assert "it follows from what was seen" in capsys.readouterr().out


def test_a_decision_that_nobody_made_cannot_be_explained(
    keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decisions", "--explain", "watcher-7", "--scope", keys.scope]) == 1
    assert "there is no decision 'watcher-7'" in capsys.readouterr().err


def test_a_retrain_is_one_command_on_the_events_stream(
    space: RedisKeyspace, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    told = facts(capsys, keys, "retrain", "nhits", "--reason", "new data")
    (command,) = [decode(each.data) for each in StreamEventLog(space, keys).read("0")]
    assert isinstance(command, Command)
    assert (command.models, command.actor, command.reason) == (("nhits",), "ann", "new data")
    assert (told["run"], told["state"]) == (f"{command.p}-{command.n}", "queued")


@pytest.mark.parametrize(
    "words", [("retrain", "prophet"), ("promote", "prophet", "A"), ("history", "prophet")]
)
def test_an_unknown_model_type_is_refused_with_the_known_ones(
    keys: Keys, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert main([*words, "--scope", keys.scope]) == 1
    assert "'prophet' does not exist; use xgboost, lightgbm" in capsys.readouterr().err


def test_history_shows_the_newest_version_first(keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    assert [each["version"] for each in facts(capsys, keys, "history", "xgboost")] == ["B", "A"]
    assert main(["history", "xgboost", "--scope", keys.scope]) == 0
    assert "candidate  rmse 0.25" in capsys.readouterr().out
