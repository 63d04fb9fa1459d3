"""The compose file is valid, names commands and settings that exist, and keeps its promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft202012Validator

from tests.architecture.import_graph import ROOT

SPECIFICATION = Draft202012Validator(get_builtin_schema("vendor.compose-spec"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text().splitlines()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "clm"}


def clm(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, with only these settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CLM_")}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from worker.cli import main; sys.exit(main())",
            *arguments,
        ],
        env=clean | settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_file_follows_the_compose_specification() -> None:
    errors = SPECIFICATION.iter_errors(COMPOSE)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_a_misspelt_key_would_be_noticed() -> None:
    assert not SPECIFICATION.is_valid({"services": {"watcher": {"helthcheck": {}}}})


def test_every_process_of_the_system_has_a_service() -> None:
    assert {service["command"][0] for service in OURS.values()} == {
        "watcher",
        "shadow",
        "dispatcher",
        "worker",
        "api",
        "demo-trader",
    }


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    run = clm(*SERVICES[name]["command"], "--help")
    assert run.returncode == 0, run.stderr


def test_the_image_is_checked_by_a_command_that_exists() -> None:
    check = next(line for line in DOCKERFILE if line.startswith("HEALTHCHECK")).partition("CMD ")[2]
    program, *arguments = json.loads(check)
    assert program == "clm"
    run = clm(*arguments, "--help")
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_only_what_the_configuration_knows(name: str) -> None:
    settings = {
        key: value.partition(":-")[2].rstrip("}") if value.startswith("${") else value
        for key, value in SERVICES[name]["environment"].items()
        if key.startswith("CLM_")
    }
    config = settings.pop("CLM_CONFIG").replace("/etc/clm/", f"{ROOT / 'config'}/")  # as the image has it
    run = clm("config", "show", **settings, CLM_CONFIG=config)
    assert run.returncode == 0, run.stderr
    assert [value for value in settings.values() if value not in run.stdout] == []


@pytest.mark.parametrize("name", OURS)
def test_a_service_waits_for_a_server_that_answers(name: str) -> None:
    service = SERVICES[name]
    assert service["environment"]["CLM_REDIS_URL"] == "redis://server:6379/0"
    assert service["depends_on"]["server"]["condition"] == "service_healthy"


def test_the_server_loses_and_evicts_nothing() -> None:
    server = SERVICES["server"]
    options = dict(zip(server["command"][1::2], server["command"][2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert "healthcheck" in server
    assert any(mount.endswith(":/data") for mount in server["volumes"])


def test_nothing_but_the_api_is_published_and_that_only_locally() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"api": ["127.0.0.1:8000:8000"]}


def test_workers_are_several_and_share_the_artifacts() -> None:
    assert SERVICES["worker"]["deploy"]["replicas"] >= 2
    assert all("artifacts:/data/artifacts" in service["volumes"] for service in OURS.values())


def test_the_paper_trader_comes_only_on_request() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["demo-trader"]
