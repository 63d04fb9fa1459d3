"""A light import loads nothing heavy. What was loaded decides; time is only reported."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.architecture.import_graph import floor_of, read_graph

HEAVY = frozenset("lightgbm neuralforecast pandas pyarrow pytorch_lightning ray scipy torch xgboost".split())
#: A trader's process has its own ideas about these, and publishes nothing before it connects.
HEAVY_FOR_A_TRADER = HEAVY | {"numpy", "redis", "rq", "pydantic", "structlog", "fastapi"}
HEAVY_FOR_A_DECISION = HEAVY | {"redis", "rq"}

#: What is compiled is loaded by a fold's first event, with the compiler and what that looks for.
COMPILED = ("clm.machine", "clm.decisions.compiled", "clm.decisions.sequential")
PURE = sorted(
    name for name in read_graph().modules if floor_of(name) in (0, 1) and not name.startswith(COMPILED)
)


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        pytest.param(["clm"], HEAVY, id="clm"),
        pytest.param(["producers"], HEAVY_FOR_A_TRADER, id="producers"),
        pytest.param(["worker.processes"], HEAVY, id="watcher"),
        pytest.param(PURE, HEAVY_FOR_A_DECISION, id="decisions"),
    ],
)
def test_a_light_import_loads_nothing_heavy(modules: list[str], heavy: frozenset[str]) -> None:
    assert sorted(loaded_by(modules) & heavy) == []


def test_a_heavy_import_would_be_noticed() -> None:
    assert "lightgbm" in loaded_by(["lightgbm"])


def test_report_what_importing_the_publisher_costs(
    record_property: Callable[[str, object], None],
) -> None:
    bare, with_producers = cpu_ms("pass"), cpu_ms("import producers")
    record_property("import_producers_cpu_ms", round(with_producers - bare, 1))
    print(f"import producers: {with_producers - bare:.1f} ms of CPU over bare Python's {bare:.1f}")  # noqa: T201  (the report)


def loaded_by(modules: list[str]) -> set[str]:
    """The top-level packages that a fresh interpreter holds after some imports."""
    code = f"import sys, {', '.join(modules)}, json; print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {name.split(".")[0] for name in json.loads(run.stdout)}


def cpu_ms(code: str, runs: int = 5) -> float:
    """Median CPU milliseconds of a fresh interpreter that runs some code."""
    return statistics.median(_one_cpu_ms(code) for _ in range(runs))


def _one_cpu_ms(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
