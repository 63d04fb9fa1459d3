"""Direction is taken from the naive forecast, and a forecast on neither side counts neither way."""

from __future__ import annotations

import math
from typing import Any

import pytest

from clm.decisions import direction

SIDES = [(2.0, 1.0, 1), (0.5, 1.0, -1), (1.0, 1.0, 0), (-0.1, 0.0, -1)]
"""value, naive, side"""

HITS = [
    (2.0, 3.0, 1.0, True),  # both above
    (0.5, 0.2, 1.0, True),  # both below, though all three are positive
    (2.0, 0.5, 1.0, False),  # said above, came below
    (-1.0, -2.0, 0.0, True),  # for returns naive is 0
    (1.0, 3.0, 1.0, None),  # the forecast is the naive one
    (2.0, 1.0, 1.0, None),  # nothing moved
    (1.0, 1.0, 1.0, None),
]
"""value, outcome, naive, hit"""


def notices(module: Any) -> bool:
    """Whether the tables tell a module from the real one."""
    sides = [module.side(value, naive) for value, naive, _ in SIDES]
    hits = [module.hit(value, outcome, naive) for value, outcome, naive, _ in HITS]
    right = sides == [row[-1] for row in SIDES] and hits == [row[-1] for row in HITS]
    return not (right and module.ratio(3, 4) == 0.75 and module.GUESS == 0.5)


@pytest.mark.parametrize(("value", "naive", "side"), SIDES)
def test_side_is_that_of_the_naive_forecast(value: float, naive: float, side: int) -> None:
    assert direction.side(value, naive) == side


@pytest.mark.parametrize(("value", "outcome", "naive", "hit"), HITS)
def test_hit_compares_sides_and_leaves_out_zeros(
    value: float, outcome: float, naive: float, hit: bool | None
) -> None:
    assert direction.hit(value, outcome, naive) is hit


def test_ratio_of_nothing_is_unknown() -> None:
    assert direction.ratio(1, 4) == 0.25
    assert math.isnan(direction.ratio(0, 0))
