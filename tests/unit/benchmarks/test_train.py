"""The training bench owes a figure for every goal of its sections, and leaves what it found in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.train import __main__ as bench
from benchmarks.train.goals import GOALS


def test_the_goals_are_those_that_were_asked_for() -> None:
    assert {key: (goal.op, goal.limit) for key, goal in GOALS.items()} == {
        "nhits512_speedup": (">=", 2.5),
        "nhits128_speedup": (">=", 8),
        "symbols_5_over_1": ("<=", 1.15),
        "live_event_over_bare": ("<=", 1.25),
        "shadow_over_bare": ("<=", 1.05),
        "warm_xgboost": ("<=", 0.2),
        "warm_lightgbm": ("<=", 0.5),
        "warm_networks": ("<=", 0.34),
        "calibration_excess": ("<=", 0.2),
        "boosters_over_bare": ("<=", 1.1),
        "cycle_over_bare": ("<=", 1.03),
        "cycle_over_defaults": ("<=", 0.05),
        "artefact_share": ("<=", 0.01),
        "bit_equal": ("=", 4),
        "pickle_bytes": ("=", 0),
        "makespan_over_bound": ("<=", 1.15),
        "oversubscribed_over_quiet": ("<=", 1.3),
        "deadlocks": ("=", 0),
    }


def test_every_goal_belongs_to_a_section() -> None:
    assert {goal.section for goal in GOALS.values()} == set(bench.SECTIONS)


def test_a_section_leaves_a_record_per_figure(tmp_path: Path) -> None:
    out = tmp_path / "train.json"
    assert bench.main(["--quick", "--only", "networks", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [each["key"] for each in found] == ["nhits512_speedup", "nhits128_speedup", "symbols_5_over_1"]
    assert all(each["value"] > 0 for each in found)


@pytest.mark.parametrize("row", ["warm_lightgbm", "calibration_excess", "boosters_over_bare"])
def test_a_row_can_be_measured_alone(row: str, tmp_path: Path) -> None:
    out = tmp_path / "train.json"
    bench.main(["--quick", "--only", row, "--out", str(out)])
    (found,) = json.loads(out.read_text())
    assert (found["key"], "error" in found["raw"]) == (row, False)


def test_a_section_that_breaks_leaves_its_figures_without_a_value(
    tmp_path: Path, monkeypatch: object
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setitem(bench.SECTIONS, "networks", broken)  # type: ignore[attr-defined]
    out = tmp_path / "train.json"
    assert bench.main(["--quick", "--only", "networks", "--out", str(out)]) == 1
    assert {each["value"] for each in json.loads(out.read_text())} == {None}
