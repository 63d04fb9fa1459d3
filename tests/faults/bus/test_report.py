"""A report says which goals were missed."""

from __future__ import annotations

import json
import math
from pathlib import Path

from tests.faults.bus.report import Row, table, write

SHORT = Row("takeover_s", 5.25, "<=", 5.0)


def test_a_figure_on_its_goal_reaches_it_and_one_that_is_not_a_number_does_not() -> None:
    assert [Row("a", value, "<=", 5.0).ok for value in (5.0, 5.25, math.nan)] == [True, False, False]


def test_a_missed_goal_stands_out_in_the_table() -> None:
    assert table([SHORT]).splitlines()[1].split() == ["takeover_s", "5.25", "<=", "5", "SHORT"]


def test_the_file_has_every_figure_with_its_goal(tmp_path: Path) -> None:
    write([SHORT], tmp_path / "out" / "faults.json")
    (row,) = json.loads((tmp_path / "out" / "faults.json").read_text())
    assert row == {"key": "takeover_s", "value": 5.25, "op": "<=", "goal": 5.0, "raw": {}}
