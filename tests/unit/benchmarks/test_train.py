"""The training bench owes a figure for every goal of its sections, and leaves what it found in a file."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.train import __main__ as bench
from benchmarks.train.goals import GOALS


def test_the_goals_are_those_that_were_asked_for() -> None:
    assert {key: (goal.op, goal.limit) for key, goal in GOALS.items()} == {
        "nhits512_speedup": (">=", 2.5),
        "nhits128_speedup": (">=", 8),
        "symbols_5_over_1": ("<=", 1.15),
    }


def test_every_goal_belongs_to_a_section() -> None:
    assert {goal.section for goal in GOALS.values()} == set(bench.SECTIONS)


def test_a_section_leaves_a_record_per_figure(tmp_path: Path) -> None:
    out = tmp_path / "train.json"
    assert bench.main(["--quick", "--only", "networks", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert [each["key"] for each in found] == ["nhits512_speedup", "nhits128_speedup", "symbols_5_over_1"]
    assert all(each["value"] > 0 for each in found)


def test_a_section_that_breaks_leaves_its_figures_without_a_value(
    tmp_path: Path, monkeypatch: object
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no such processor")

    monkeypatch.setitem(bench.SECTIONS, "networks", broken)  # type: ignore[attr-defined]
    out = tmp_path / "train.json"
    assert bench.main(["--quick", "--only", "networks", "--out", str(out)]) == 1
    assert {each["value"] for each in json.loads(out.read_text())} == {None}
