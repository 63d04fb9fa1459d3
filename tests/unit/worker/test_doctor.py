"""The doctor names what is missing, and the command that brings it."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from worker import doctor
from worker.doctor import LIBRARIES, OPTIONAL, Finding, examine
from worker.settings import load

PROJECT = Path(__file__).parents[3] / "pyproject.toml"
NOWHERE = "unix:///nowhere/redis.sock"


def found(redis_url: str = NOWHERE, home: Path = Path("nowhere")) -> Mapping[str, Finding]:
    return {each.name: each for each in examine(load().placed(redis_url=redis_url, home=home))}


def without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Make a library look as if it were not installed."""

    def find(name: str) -> ModuleSpec | None:
        return None if name == missing else importlib.util.find_spec(name)

    monkeypatch.setattr(doctor, "find_spec", find)


def test_what_is_installed_is_found() -> None:
    findings = found()
    assert {name: (findings[name].ok, findings[name].detail) for name in LIBRARIES} == dict.fromkeys(
        LIBRARIES, (True, "installed")
    )


@pytest.mark.parametrize(("library", "package"), [("rq", "[worker]"), ("lightgbm", "[trees]"), ("redis", "")])
def test_a_missing_library_is_a_fault_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, library: str, package: str
) -> None:
    without(monkeypatch, library)
    missing = found()[library]
    assert not missing.ok
    assert missing.detail == f"missing: pip install 'continuous-learning-manager{package}'"


@pytest.mark.parametrize("library", sorted(OPTIONAL))
def test_an_optional_library_may_be_missing_but_is_named(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    without(monkeypatch, library)
    assert found()[library].ok
    assert LIBRARIES[library] in found()[library].detail


def test_the_extra_that_is_named_brings_the_library() -> None:
    project = tomllib.loads(PROJECT.read_text())["project"]
    brought = {"": project["dependencies"], **project["optional-dependencies"]}
    for library, extra in LIBRARIES.items():
        names = {re.split(r"[<>=;\[ ]", each)[0].removesuffix("-cpu") for each in brought[extra]}
        assert library in names, f"{extra} does not bring {library}"


def test_a_server_that_does_not_answer_is_a_fault_that_names_it() -> None:
    server = found()["server"]
    assert not server.ok
    assert "/nowhere/redis.sock" in server.detail


def test_no_server_at_all_is_a_fault_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLM_REDIS_URL", raising=False)
    findings = {each.name: each for each in examine(load().placed(home=tmp_path))}
    assert not findings["server"].ok
    assert "clm up" in findings["server"].detail


@pytest.mark.server
def test_a_server_that_answers_is_well(server_url: str) -> None:
    assert found(server_url)["server"] == Finding("server", True, "answers")
