"""An operator's command line works on a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clm.events import Command
from clm.store.artifact_store import DirectoryArtifactStore
from clm.store.codec import decode
from producers.__main__ import main
from producers.adapters import event_log, registry
from tests.unit.producers.shelf import Shelf

pytestmark = pytest.mark.server


@pytest.fixture
def at(server_url: str, scope_name: str) -> list[str]:
    return ["--url", server_url, "--scope", scope_name, "--actor", "ann"]


def test_retrain_prints_the_id_of_its_command(
    at: list[str], server_url: str, scope_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["retrain", "xgboost", *at, "--reason", "new data"]) == 0
    command = decode(event_log(server_url, scope_name).read("0")[0].data)
    assert isinstance(command, Command)
    assert (command.models, command.actor, command.reason) == (("xgboost",), "ann", "new data")
    assert capsys.readouterr().out == f"{command.p}-{command.n}\n"


def test_promote_status_and_rollback_agree(
    at: list[str],
    server_url: str,
    scope_name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shelf = Shelf(registry(server_url, scope_name), DirectoryArtifactStore(tmp_path))
    shelf.activate("v1", b"bytes")
    active = []
    for command in (["promote", "lightgbm", "naive"], ["rollback", "lightgbm"]):
        assert main([*command, *at]) == 0
        capsys.readouterr()
        assert main(["status", *at]) == 0
        active.append(json.loads(capsys.readouterr().out)["lightgbm"]["active_version"])
    assert active == ["naive", "v1"]


def test_what_the_registry_refuses_is_one_line(at: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["promote", "lightgbm", "v9", *at]) == 1
    assert capsys.readouterr().err.startswith("lightgbm has no version 'v9'")
