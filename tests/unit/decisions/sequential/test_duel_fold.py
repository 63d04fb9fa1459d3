"""One row of the duel's loop, by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from clm.decisions.sequential import duel_fold as loop
from clm.decisions.sequential import long_run

RULES = np.array([12, 1e9, 2.0, 1e9, 0.02, 2.5, 400, 36], dtype=float)


def state(**values: float) -> Any:
    made = np.zeros(loop.STATE)
    for name, value in values.items():
        made[getattr(loop, name)] = value
    return made


def live(**values: float) -> Any:
    """A duel that has begun, sizes 2 and 0.5, 1,000 rows old."""
    return state(**{"WARM": 1000.0, "SCALE": 0.1, "SIZE": 2.0, "GAP": 0.25, **values})


def test_a_row_counts_in_sizes_known_before_it() -> None:
    made = live()
    loop.fold_one(made, RULES, -3.0, 1.0)  # x = (3 - 1) / 0.5
    names = ("TOTAL", "SQUARES", "SHARE", "PLAIN", "OWN", "OTHER", "ROWS")
    assert [made[getattr(loop, name)] for name in names] == [4.0, 16.0, 6.0, 1.0, 0.25, 2.25, 1.0]
    assert (made[loop.BLOCK_TOTAL], made[loop.BLOCK_ROWS], made[loop.WARM]) == (4.0, 1.0, 1000.0)


def test_before_it_has_begun_a_row_teaches_the_block_and_the_share() -> None:
    made = live(SCALE=0.0, BLOCK_TOTAL=20.0, BLOCK_ROWS=11.0, WARM_SHARE=50.0)
    loop.fold_one(made, RULES, -3.0, 1.0)  # x = 4, |a| / D = 6: the block's 24
    assert made[[loop.ROWS, loop.WARM, loop.WARM_SHARE]].tolist() == [0.0, 1001.0, 56.0]
    assert made[[loop.BLOCK_TOTAL, loop.BLOCK_ROWS, loop.VARIANCE]].tolist() == [0.0, 0.0, 1.0]
    assert made[loop.VARIANCE + long_run.TOTAL] == pytest.approx(24 / math.sqrt(12), rel=1e-12)


def test_the_first_sizes_are_plain_means() -> None:
    made = state()
    loop.fold_one(made, RULES, -3.0, 1.0)
    assert (made[loop.SIZE], made[loop.GAP]) == (2.0, 16.0)
    loop.fold_one(made, RULES, 4.0, 2.0)  # (2 + 3) / 2, (16 + 4) / 2
    assert (made[loop.SIZE], made[loop.GAP], made[loop.WARM], made[loop.BLOCK_ROWS]) == (2.5, 10.0, 2.0, 0.0)


def test_a_row_without_an_active_number_is_counted_and_no_more() -> None:
    made = live()
    loop.fold_one(made, RULES, math.nan, 1.0)
    assert made.tolist() == live(BROKEN_ROWS=1.0).tolist()


@pytest.mark.parametrize("pair", [(math.nan, 1.0), (1.0, math.nan)])
def test_a_hold_out_s_row_without_both_numbers_teaches_nothing(pair: tuple[float, float]) -> None:
    made = live()
    loop.warm(made, RULES, *(np.array([each]) for each in pair))
    assert made.tolist() == live().tolist()


def test_a_row_moves_the_sizes_for_the_next() -> None:
    made = live()
    loop.fold_one(made, RULES, -3.0, 1.0)  # (3 + 1) / 2 = 2; (-3 - 1)^2 = 16: 0.25 + 0.02 * 15.75
    assert made[loop.GAP] == pytest.approx(0.565, rel=1e-12)
    loop.fold_one(made, RULES, 4.0, 2.0)  # 2 + 0.005 * (3 - 2)
    assert made[loop.SIZE] == pytest.approx(2.005, rel=1e-12)


def test_the_horizon_bound_is_in_standard_errors_of_the_whole_duel() -> None:
    # V / n = 1, N = 400, a quarter of the rows: the bound (2 - 1/4) sqrt(400) = 35
    sums = {"ROWS": 100.0, "SHARE": 200.0, "PLAIN": 1.0, "OWN": 1.0, "OTHER": 1.0, "SCALE": 0.1, "KNOWN": 1.0}
    assert loop.ruled(state(TOTAL=34.9, **sums), RULES) == loop.OPEN
    assert loop.ruled(state(TOTAL=35.0, **sums), RULES) == loop.BETTER


def test_the_rules_are_looked_at_every_fourth_row() -> None:
    made = live(ROWS=40.0, TOTAL=100.0, PLAIN=50.0, OTHER=1000.0, KNOWN=1.0)
    assert [loop.fold_one(made, RULES, 1.0, 0.9) for _ in range(4)] == [loop.OPEN] * 3 + [loop.BETTER]


@pytest.mark.parametrize(("blocks", "spread"), [(71, 0.1), (72, 1.5)])
def test_its_own_variance_is_heard_from_seventy_two_blocks_on(blocks: int, spread: float) -> None:
    made = live(KNOWN=0.1)
    for block in range(blocks):  # g_0 = 1, the lags cancel: 0.7 (1 + 36/72) = 1.05 at 72 blocks
        long_run.push(made, loop.VARIANCE, -1.0 if block % 2 else 1.0)
    assert loop.spread(made) == pytest.approx(min(spread, 1.05), rel=1e-9)


# 72 blocks of 12 and an open one of 6; their long-run variance 0.25 * 1.05
def test_the_mixture_is_tuned_to_improvements_per_variance() -> None:
    made = live(SCALE=0.0, WARM_SHARE=(72 * 12 + 6) * 3.0, BLOCK_ROWS=6.0, BLOCK_TOTAL=5.0)
    for block in range(72):
        long_run.push(made, loop.VARIANCE, -0.5 if block % 2 else 0.5)
    loop.opened(made, RULES)
    assert made[loop.SCALE] == pytest.approx(2.5 * 0.02 * 3.0 / 0.2625, rel=1e-12)
    assert (made[loop.KNOWN], made[loop.BLOCK_TOTAL], made[loop.BLOCK_ROWS]) == (pytest.approx(0.2625), 0, 0)


def test_without_variance_it_does_not_begin() -> None:
    made = live(SCALE=0.0, WARM_SHARE=1.0)
    for _ in range(30):
        long_run.push(made, loop.VARIANCE, 1.0)
    before = made.tolist()
    loop.opened(made, RULES)
    assert made.tolist() == before


def test_the_hold_out_s_blocks_stay_out_of_the_duel_s_own() -> None:
    made = live(SCALE=0.0, WARM_SHARE=1.0)
    for block in range(30):
        long_run.push(made, loop.VARIANCE, -1.0 if block % 2 else 1.0)
    loop.opened(made, RULES)
    assert not made[loop.VARIANCE :].any()
    assert math.isfinite(made[loop.KNOWN])
