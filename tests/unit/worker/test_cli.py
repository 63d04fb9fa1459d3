"""Exit code 0 is done, 1 refused or failed with one clear line, 2 bad usage; every command exists."""

from __future__ import annotations

import argparse
import inspect
from importlib import import_module
from pathlib import Path

import pytest

from clm.errors import ConfigurationError
from worker.cli import main, parser

COMMANDS = {
    "demo", "demo-trader", "up", "watcher", "shadow", "dispatcher", "worker", "api", "replay",
    "status", "triggers", "retrain", "runs", "history", "promote", "rollback", "decisions", "verify",
    "config", "doctor", "archive", "canary", "abort", "pin", "unpin", "freeze", "resume", "unlock",
    "approve", "approvals", "rollout", "explain", "ab",
}  # fmt: skip
POSITIONAL = {
    "replay": ["f"], "history": ["xgboost"], "promote": ["xgboost", "v1"], "rollback": ["xgboost"],
    "config": ["show"], "canary": ["xgboost", "v1", "10%"], "abort": ["xgboost"], "pin": ["xgboost"],
    "unpin": ["xgboost"], "unlock": ["xgboost", "v1"], "approve": ["xgboost", "v1"],
    "approvals": ["xgboost", "1"], "explain": ["xgboost"], "ab": ["xgboost", "v1", "v2"],
}  # fmt: skip
FACTS = COMMANDS - {"up", "watcher", "shadow", "rollout", "dispatcher", "worker", "api"}


def commands() -> dict[str, argparse.ArgumentParser]:
    (found,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    choices: dict[str, argparse.ArgumentParser] = dict(found.choices)
    return choices


def chosen(name: str) -> argparse.Namespace:
    return parser().parse_args([name, *POSITIONAL.get(name, [])])


def test_the_commands_of_the_contract_are_there() -> None:
    assert set(commands()) >= COMMANDS


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_a_function_that_takes_its_arguments(name: str) -> None:
    module, function = chosen(name).run.split(":")
    assert list(inspect.signature(getattr(import_module(module), function)).parameters) == ["arguments"]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_takes_a_scope_and_a_configuration(name: str) -> None:
    options = ["--scope", "us", "--config", "clm.yaml"]
    given = parser().parse_args([name, *POSITIONAL.get(name, []), *options])
    assert (given.scope, given.config) == ("us", "clm.yaml")


@pytest.mark.parametrize("name", sorted(FACTS))
def test_every_command_that_prints_facts_can_print_json(name: str) -> None:
    assert parser().parse_args([name, *POSITIONAL.get(name, []), "--json"]).json is True


@pytest.mark.parametrize(
    "argv",
    [[], ["fly"], ["replay"], ["promote", "xgboost"], ["config", "hide"], ["replay", "f", "--horizon", "x"]],
)
def test_bad_usage_exits_with_2_and_says_how(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "usage: clm" in capsys.readouterr().err


def test_what_fails_exits_with_1_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "nowhere.parquet"]) == 1
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith("clm: nowhere.parquet does not exist")


def test_a_report_that_could_not_be_written_is_refused_before_the_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "missing" / "out.json"
    assert main(["replay", "nowhere.parquet", "--report", str(report)]) == 1
    assert "its directory does not exist" in capsys.readouterr().err


def test_what_is_done_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    assert "retrain_interval_days" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "exits"), [(None, 0), (0, 0), (1, 1)])
def test_a_command_says_by_its_value_how_it_ended(
    code: int | None, exits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.operations.doctor", lambda arguments: code)
    assert main(["doctor"]) == exits


@pytest.mark.parametrize(
    ("error", "exits"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 1), (ConfigurationError("no"), 1)]
)
def test_an_interrupted_command_ends_without_a_traceback(
    error: BaseException, exits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(arguments: argparse.Namespace) -> None:
        raise error

    monkeypatch.setattr("worker.operations.doctor", fail)
    assert main(["doctor"]) == exits
