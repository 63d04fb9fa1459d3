"""Logs are JSON lines on stderr that carry where they come from."""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from worker import logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_json_with_the_event_its_level_and_utc_time(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", json=True)
    structlog.get_logger("worker.loop").info("owner", token=3)
    (line,) = written(capsys)
    told = [line[key] for key in ("event", "level", "logger", "token")]
    assert told == ["owner", "info", "worker.loop", 3]
    assert line["timestamp"].endswith("Z")


def test_every_line_carries_what_was_bound(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", json=True)
    bound = {"scope": "us-daily", "role": "worker", "model_type": "nhits", "run": "watcher-4"}
    structlog.contextvars.bind_contextvars(**bound)
    structlog.get_logger().info("trained")
    logging.getLogger("some.library").info("from a library")  # rq sets the level of its own
    assert [{key: line[key] for key in bound} for line in written(capsys)] == [bound, bound]


def test_a_level_hides_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", json=True)
    structlog.get_logger().info("hidden")
    structlog.get_logger().warning("shown")
    assert [line["event"] for line in written(capsys)] == ["shown"]


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_is_kept_without_what_was_in_its_variables(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    def fail(token: str) -> None:
        raise ValueError("odd")

    logs.configure("info", json=as_json)
    try:
        fail("s3" + "cret")
    except ValueError:
        structlog.get_logger().exception("failed")
    told = capsys.readouterr().err
    assert "odd" in told
    assert "s3cret" not in told


def test_without_a_terminal_logs_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    structlog.get_logger().info("plain")
    assert written(capsys)[0]["event"] == "plain"


def test_a_person_gets_columns(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", json=False)
    structlog.get_logger().info("owner")
    line = capsys.readouterr().err
    assert "owner" in line
    assert not line.startswith("{")


def test_importing_configures_nothing() -> None:
    importlib.reload(logs)
    assert not structlog.is_configured()
