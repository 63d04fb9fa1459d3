"""A figure stands beside its goal, in the table and in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.stream import report
from benchmarks.stream.figure import Figure, ratio
from benchmarks.stream.goals import GOALS


def test_the_goals_are_those_that_were_asked_for() -> None:
    assert {key: (goal.op, goal.limit) for key, goal in GOALS.items()} == {
        "consumer_over_transport": ("<=", 4),
        "faststream_over_consumer": (">=", 150),
        "faststream_like_for_like": (">=", 8),
        "xadd_over_publish": (">=", 200),
        "decision_over_ping": ("<=", 6),
        "enqueued_over_rq": ("<=", 1.5),
        "memory_over_hash": ("<=", 0.125),
        "two_scopes_over_one": ("<=", 1.1),
        "warm_start_ms": ("<=", 15),
        "fresh_child_ms": ("<=", 40),
    }


@pytest.mark.parametrize(
    ("key", "value", "met"),
    [
        ("memory_over_hash", 0.125, True),
        ("memory_over_hash", 0.126, False),
        ("xadd_over_publish", 200.0, True),
        ("xadd_over_publish", 199.0, False),
        ("xadd_over_publish", None, False),
    ],
)
def test_a_goal_is_met_at_its_limit_and_never_by_what_was_not_measured(
    key: str, value: float | None, met: bool
) -> None:
    assert Figure(key, value).met is met


def test_a_ratio_is_the_median_of_the_ratios_of_neighbouring_passes() -> None:
    assert ratio([2.0, 30.0, 4.0], [1.0, 10.0, 1.0]) == 3.0


def test_the_file_holds_a_record_per_figure(tmp_path: Path) -> None:
    file = report.written([Figure("warm_start_ms", 2.5, {"n": 40})], tmp_path / "out" / "stream.json")
    assert json.loads(file.read_text()) == [
        {"key": "warm_start_ms", "value": 2.5, "goal": 15.0, "op": "<=", "raw": {"n": 40}}
    ]


def test_the_table_says_what_falls_short() -> None:
    lines = report.table([Figure("warm_start_ms", 16.0), Figure("fresh_child_ms", 16.0)]).splitlines()
    assert [("SHORT" in line, " ok " in line) for line in lines] == [(True, False), (False, True)]
