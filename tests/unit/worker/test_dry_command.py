"""What a policy beside the acting one would have done, as an operator sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from clm.decisions.contrast import Contrast
from clm.errors import ConfigurationError
from clm.policy import SEED, SEQUENTIAL, Policy
from clm.scope import Scope
from tests.unit.decisions.stream import Tape
from worker import bootstrap
from worker.cli import main
from worker.dry_command import lines
from worker.settings import load


def configured(tmp_path: Path, dry: Any, **more: Any) -> Path:
    file = tmp_path / "clm.yaml"
    file.write_text(yaml.safe_dump({"continuous_learning": {"dry_run": dry, **more}}))
    return file


def test_the_policy_beside_is_the_acting_one_but_for_what_it_names(tmp_path: Path) -> None:
    file = configured(tmp_path, {"policy": "seed", "canary_shares": [0.2]}, cooldown_hours=3)
    settings = load(config=file)
    assert settings.policy() == Policy(name=SEQUENTIAL, cooldown_hours=3)
    assert settings.dry_policy() == Policy(name=SEED, cooldown_hours=3, canary_shares=(0.2,))
    assert load(config=configured(tmp_path, {})).dry_policy() is None


@pytest.mark.parametrize(
    ("dry", "fault"),
    [
        ({"polcy": "seed"}, "polcy is no threshold of a policy"),
        ({"models": ["xgboost"]}, "models is no threshold of a policy"),
        ({"cooldown_hours": -1}, "cooldown_hours is -1"),
        ({"policy": "sede"}, "policy 'sede' does not exist"),
    ],
)
def test_what_it_may_not_name_is_said_at_start_up(tmp_path: Path, dry: Any, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        load(config=configured(tmp_path, dry))


def test_a_contrast_in_a_few_lines() -> None:
    found = Contrast(
        "xgboost", {"time": (4, 2)}, (2, 0), (1, 0), (3, 4), (0, 0), [("v7", "promote", "reject")]
    )
    assert list(lines(found)) == [
        "xgboost      retrains 4/2, recalls 2/0, promoted 1/0, rejected 3/4, rollbacks 0/0",
        "             time 4/2",
        "             v7                 promote, beside it reject",
    ]


@pytest.fixture
def site(server_url: str, scope_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Options of a scope in which somebody asked for a retrain, and nobody but the dry run has seen it."""
    monkeypatch.setenv("CLM_REDIS_URL", server_url)
    monkeypatch.setenv("CLM_HOME", str(tmp_path))
    file = configured(tmp_path, {"policy": "seed"}, scopes={scope_name: {"clock": "event"}})
    settings = load(config=file, scope=scope_name)
    stage = bootstrap.redis_stage(settings, Scope(name=scope_name, clock="event"))
    stage.events.append(Tape().retrain("xgboost"))
    policy = settings.required_dry_policy()
    fence = bootstrap.dry_stage(stage, policy).ownership.acquire("watcher", "me", 60.0)
    assert fence is not None
    assert bootstrap.dry_watcher(stage, policy, fence).recover() == "joined"
    return ["--scope", scope_name, "--config", str(file)]


@pytest.mark.server
def test_its_decisions_are_listed_explained_and_contrasted(
    site: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decisions", *site, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["decisions", "--dry", *site, "--json"]) == 0
    (made,) = json.loads(capsys.readouterr().out)
    assert (made["id"], made["kind"], made["policy"]) == ("watcher-1", "retrain", "seed")
    assert main(["decisions", "--dry", "--explain", "watcher-1", *site]) == 0
    assert "it follows from what was seen" in capsys.readouterr().out
    assert main(["dry-run", *site]) == 0
    assert "xgboost      retrains 0/1, recalls 0/0, promoted 0/0" in capsys.readouterr().out


@pytest.mark.server
def test_it_writes_under_keys_of_its_own_alone(site: list[str], server_url: str) -> None:
    server: Any = redis.Redis.from_url(server_url)
    keys = {key.decode() for key in server.keys(f"clm:{{{site[1]}}}:*")}
    server.close()
    mine = {key for key in keys if ":dry:" in key}
    assert {key.rpartition(":")[2] for key in keys - mine} == {"scope", "events"}
    assert {key.split(":")[4] for key in mine} == {"decisions", "heads", "lease", "token", "progress"}


@pytest.mark.server
def test_without_a_dry_run_it_is_said_how_to_have_one(
    server_url: str, scope_name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLM_REDIS_URL", server_url)
    bootstrap.redis_stage(load(), Scope(name=scope_name))
    assert main(["dry-run", "--scope", scope_name]) == 1
    assert "set dry_run, for instance to {policy: seed}" in capsys.readouterr().err
