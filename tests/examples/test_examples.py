"""Every example runs, or is driven with what it would be given."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clm import CycleReport, ModelType, RetrainTrigger
from clm.model import BASE_MODELS

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NOON = datetime(2025, 1, 30, 12, tzinfo=UTC)


def run(name: str, **environment: str) -> list[str]:
    """The lines that an example prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True, text=True, encoding="utf-8", timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def imported(name: str) -> ModuleType:
    spec = spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Manager:
    """Stands for a manager whose cycles are only counted."""

    retrain_interval_days = 7

    def __init__(self) -> None:
        self.cycles: list[dict[str, Any]] = []

    def run_full_cycle(self, **how: Any) -> CycleReport:
        self.cycles.append(how)
        trained = list(how.get("models", ModelType))
        return CycleReport(NOON, RetrainTrigger.MANUAL, trained, [], [], 0.0)


@pytest.fixture(scope="module")
def demo() -> list[str]:
    return run("continuous_learning_manager_example")


@pytest.mark.slow
def test_the_demo_begins_with_the_specification_s_banner(demo: list[str]) -> None:
    assert demo[:3] == ["=" * 80, "CONTINUOUS LEARNING MANAGER - DEMO", "=" * 80]
    assert demo[4] == "CLM Initialized ✓"


@pytest.mark.slow
def test_the_demo_shows_an_active_version_of_every_model_type(demo: list[str]) -> None:
    begin = demo.index("Current Model Status:")
    assert demo[begin + 1] == "-" * 80
    row = re.compile(r"  (\w+) +\| v\d{8}_\d{6}     \| Trained: \d{4}-\d\d-\d\d")
    rows = [row.fullmatch(line) for line in demo[begin + 2 : begin + 6]]
    assert [found and found[1] for found in rows] == [each.value for each in BASE_MODELS]
    assert demo[begin + 2].startswith("  xgboost      | v")


@pytest.mark.slow
def test_the_demo_ends_with_the_report_of_a_forced_cycle(demo: list[str]) -> None:
    cycle, begin = demo.index("Running Full Retraining Cycle:"), demo.index("RETRAINING REPORT")
    assert demo[cycle + 1] == demo[begin + 1] == "=" * 80
    assert re.fullmatch(r"CLM Report \[\d{4}-\d\d-\d\d \d\d:\d\d\]", demo[begin + 2])
    assert demo[begin + 3 : begin + 5] == ["Trigger: manual", "Trained: 4 models"]
    names = [line.split(":")[0] for line in demo[begin + 5 :]]
    assert names == ["Promoted", "Rejected", "Undecided", "Failed", "Duration"]
    assert demo[begin + 8] == "Failed: 0 models"


@pytest.mark.server
def test_the_trader_publishes_while_naive_serves(server_url: str, scope_name: str, tmp_path: Path) -> None:
    told = run("trader", CLM_REDIS_URL=server_url, CLM_SCOPE=scope_name, CLM_ARTIFACTS=str(tmp_path))
    assert told == ["published 20 bars, version naive, all sent: True"]


def test_a_monitor_retrains_when_the_window_falls_below_its_threshold() -> None:
    clm = Manager()
    monitor = imported("position_monitor").PositionMonitor(clm, ModelType.XGBOOST, threshold=0.5, window=4)
    assert [monitor.closed(hit) for hit in (True, True, False, False)] == [None] * 4  # 2 of 4 is enough
    assert monitor.closed(False).trained_models == [ModelType.XGBOOST]  # 1 of 4
    assert clm.cycles == [{"models": [ModelType.XGBOOST], "force": True}]


@pytest.mark.parametrize(("hour", "day"), [(11, 31), (12, 31), (13, 30)])
def test_a_schedule_begins_at_the_next_such_hour(hour: int, day: int) -> None:
    assert imported("scheduled_retraining").next_at(hour, NOON) == datetime(2025, 1, day, hour, tzinfo=UTC)


@pytest.mark.skipif(find_spec("apscheduler") is not None, reason="APScheduler is installed")
def test_without_the_scheduler_s_library_the_remedy_is_named() -> None:
    with pytest.raises(SystemExit, match="pip install apscheduler"):
        imported("scheduled_retraining").scheduled(Manager())
