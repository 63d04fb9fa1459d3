"""Two versions side by side, told to a person: who is better, or what is missing before it can be said."""

from __future__ import annotations

from typing import Any

import pytest

from clm.events import DAY
from worker.ab_command import lines

FOUND: dict[str, Any] = {
    "model_type": "xgboost",
    "first": {"version": "v1", "mae": 0.02, "published": 300},
    "second": {"version": "v2", "mae": 0.019, "published": 100},
    "better": "v2",
    "pairs": 400,
    "effective": 320.4,
    "effect": -0.05,
    "low": -0.08,
    "high": -0.02,
    "level": 0.05,
    "needed": 0,
    "since": DAY,
    "unscored": 0,
}


def test_a_comparison_in_four_lines() -> None:
    assert lines(FOUND) == [
        "xgboost v2 against v1: 400 pairs (320 effective) since 1970-01-02 00:00 UTC",
        "  mean absolute error 0.019 against 0.02: -5.00%, from -8.00% to -2.00% at level 0.05",
        "  published: v1 300, v2 100",
        "  v2 is better",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"better": None, "low": -0.08, "high": 0.01}, "  undecided: the interval holds zero"),
        ({"better": None, "low": None, "needed": 88}, "  undecided: an interval needs 88 more pairs"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], said: str) -> None:
    assert lines({**FOUND, **changes})[-1] == said


def test_without_pairs_no_losses_are_told() -> None:
    nothing = {**FOUND, "effect": None, "low": None, "better": None, "pairs": 0, "needed": 288}
    assert len(lines(nothing)) == 3
