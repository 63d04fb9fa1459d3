"""The evidence of a hold-out is of the rows that were evaluated, in the order in which they matured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from clm.decisions.sequential.baseline import Baseline
from clm.steps.evidence import HoldOut, evidence
from tests.unit.decisions.stream import evaluated

FRAME = pd.DataFrame({
    "symbol": ["A", "A", "A", "B", "B"], "at": [0, 1, 2, 0, 1], "matures_at": [1, 2, 3, 1, 2],
    "target": [1.0, 2.0, np.nan, 3.0, 4.0], "naive": [0.5, 0.5, 0.5, 0.5, 0.5],
    "scored": [False, True, True, True, True],
})  # fmt: skip
"""Rows 1, 3 and 4 are scored."""


def hold_out(**changes: Any) -> HoldOut | None:
    mine = evaluated(errors=np.array([0.25, -0.25, 0.5]))
    return HoldOut.of(FRAME, replace(mine, **changes), evaluated(), 1)


def test_rows_come_in_the_order_in_which_they_matured() -> None:
    rows = hold_out()
    assert rows is not None
    assert (rows.at.tolist(), rows.outcome.tolist()) == ([0, 1, 1], [3.0, 2.0, 4.0])
    assert rows.value.tolist() == [2.75, 2.25, 4.5]


def test_naive_stands_in_for_an_active_version_that_left_no_errors() -> None:
    rows = hold_out()
    assert rows is not None
    assert rows.active.tolist() == [0.5, 0.5, 0.5]


def test_the_active_version_is_known_where_it_was_asked_on_the_same_rows() -> None:
    mine, theirs = evaluated(errors=np.zeros(3)), evaluated(errors=np.array([1.0, 2.0, 3.0]))
    rows = HoldOut.of(FRAME, mine, theirs, 1)
    assert rows is not None
    assert rows.active.tolist() == [5.0, 3.0, 7.0]
    other = HoldOut.of(FRAME, mine, evaluated(errors=np.zeros(2)), 1)
    assert other is not None
    assert other.active is None


def test_an_evaluator_that_keeps_no_errors_of_these_rows_leaves_no_evidence() -> None:
    assert hold_out(errors=None) is None
    assert hold_out(errors=np.zeros(4)) is None


def test_the_evidence_is_plain_and_holds_the_baseline_of_decay() -> None:
    rows = hold_out()
    assert rows is not None
    assert Baseline.restored(evidence(rows)["decay"]).overlap == 2
