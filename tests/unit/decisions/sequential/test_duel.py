"""The duel's verdicts follow from its sums as the docstring says, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from clm.decisions.sequential import duel_fold as loop
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.errors import ConfigurationError

RNG = np.random.default_rng(4)
HOLD = RNG.normal(size=(2, 2016)) * 0.2 + RNG.normal(size=2016)


def standing(rows: float, total: float, **more: float) -> int:
    """The verdict on sums: unit steps, unit variance, a share of 2 per row, scale 0.1."""
    state = np.zeros(loop.STATE)
    values = {
        "ROWS": rows,
        "TOTAL": total,
        "SQUARES": rows + total**2 / rows,
        "SHARE": 2 * rows,
        "PLAIN": 1.0,
    }
    for name, value in {**values, "OWN": 1.0, "OTHER": 1.0, "SCALE": 0.1, **more}.items():
        state[getattr(loop, name)] = value
    rules = np.array([12, math.log(40), 1e9, math.log(10), 0.02, 2.5, 4032, 36], dtype=float)
    return int(loop.ruled(state, rules))


# V = n = 400, spread = 5, u = S / (10 sqrt 5): log e = log 2 - log(5)/2 + u^2/2 + log Phi(u);
# S = 62: -0.1116 + 3.844 - 0.0028 = 3.729; S = 61: -0.1116 + 3.721 - 0.0032 = 3.606; log 40 = 3.689
def test_enough_evidence_wins() -> None:
    assert (standing(400, 61.0), standing(400, 62.0)) == (loop.OPEN, loop.BETTER)


# F = 16 - S: as above with log 10 = 2.303; F = 49: 2.401 - 0.1116 - 0.0143 = 2.275, F = 50: 2.376
def test_enough_evidence_against_an_improvement_gives_up() -> None:
    assert (standing(400, -33.0), standing(400, -34.0)) == (loop.OPEN, loop.FUTILE)


@pytest.mark.parametrize("guard", [{"PLAIN": 0.0}, {"OWN": 1.1026}])
def test_a_guard_holds_a_winner_back(guard: dict[str, float]) -> None:
    assert standing(400, 62.0, **guard) == loop.OPEN


def test_a_squared_loss_up_to_the_limit_is_let_through() -> None:
    assert standing(400, 62.0, OWN=1.1025) == loop.BETTER


def test_no_verdict_comes_before_the_least_rows() -> None:
    assert (standing(32, 32.0), standing(36, 36.0)) == (loop.OPEN, loop.BETTER)


def test_the_last_row_ends_it() -> None:
    assert (standing(4031, 0.0, SHARE=0.0), standing(4032, 0.0, SHARE=0.0)) == (loop.OPEN, loop.EXPIRED)


def test_dependence_known_from_the_hold_out_asks_for_more() -> None:
    assert standing(400, 62.0, KNOWN=2.0) == loop.OPEN


def test_a_better_forecast_wins_and_its_mirror_image_does_not() -> None:
    rng = np.random.default_rng(8)
    live = rng.normal(size=(2, 4032)) * 0.2 + rng.normal(size=4032)
    assert Duel(DuelRules(), HOLD).update_many(live[0], 0.9 * live[1]) == "better"
    assert Duel(DuelRules(), HOLD).update_many(0.9 * live[0], live[1]) == "futile"


def test_a_verdict_never_changes() -> None:
    duel = Duel(DuelRules(), HOLD)
    duel.update(1.0, math.nan)
    assert [duel.update(9.0, 0.0) for _ in range(99)][-1] == "broken"


def test_an_active_version_without_a_number_proves_nothing() -> None:
    duel = Duel(DuelRules(), HOLD)
    assert (duel.update(math.nan, 1.0), duel.standing.rows) == ("open", 0)


def test_without_a_hold_out_the_first_blocks_only_teach() -> None:
    duel = Duel(DuelRules())
    duel.update_many(*HOLD[:, : 96 + 24 * 12])
    assert duel.standing.rows == 0
    duel.update_many(*HOLD[:, :10])
    assert duel.standing.rows == 10


def fought(rows: float, total: float, variance: float) -> Duel:
    """A duel of that sum and variance; its rows ask for 0.04 each of a candidate that is 2 % better."""
    state = [0.0] * loop.STATE
    sums = {
        "ROWS": rows,
        "TOTAL": total,
        "SQUARES": total**2 / rows + variance,
        "SHARE": 2 * rows,
        "SCALE": 0.1,
    }
    for name, value in sums.items():
        state[getattr(loop, name)] = value
    return Duel.restored(DuelRules(), state)


# 62 / sqrt(4032) = 0.97641, and the bound has fallen by 400 / 4032 = 0.09921; 0.4 / sqrt(504) + 4 / 4032
@pytest.mark.parametrize(("sums", "late"), [((400, 62.0, 400.0), 1.07562), ((4, 0.4, 0.5), 0.018810)])
def test_it_tells_how_far_its_sum_is_on_the_way_to_the_horizon_bound(
    sums: tuple[float, float, float], late: float
) -> None:
    assert fought(*sums).standing.late == pytest.approx(late, abs=1e-5)
    assert Duel(DuelRules()).standing.late == 0.0


# V = 0.54 - 0.2^2 = 0.5: 0.54 / 0.5 rows, and 0.2 of 0.8
def test_of_one_small_row_it_tells_what_it_is_worth_and_of_none_nothing() -> None:
    state = [0.0] * loop.STATE
    for name, value in {"ROWS": 1, "TOTAL": 0.2, "SQUARES": 0.54, "SHARE": 0.8, "SCALE": 0.1}.items():
        state[getattr(loop, name)] = value
    found, none = Duel.restored(DuelRules(), state).standing, Duel(DuelRules()).standing
    assert (found.effective, found.improvement) == pytest.approx((1.08, 0.25))
    assert (none.effective, math.isnan(none.improvement)) == (0.0, True)


# log e(66) = -0.1116 + 4.356 - 0.0016 = 4.243, the limit -log(0.0175) = 4.046; F = 16 + 34: 2.376 of 2.303
@pytest.mark.parametrize(("total", "ends"), [(66.0, True), (-34.0, True), (0.0, False)])
def test_either_limit_is_seen_ahead(total: float, ends: bool) -> None:
    duel = fought(400, total, 400.0)
    assert duel._ends(400, 1.0) == ends
    assert (duel.standing.log_futile > math.log(10)) == (total < 0)


def test_it_tells_how_many_rows_are_still_needed() -> None:
    duel = Duel(DuelRules(), HOLD)
    rng = np.random.default_rng(12)
    live = rng.normal(size=(2, 4032)) * 0.2 + rng.normal(size=4032)
    duel.update_many(live[0, :40], 0.97 * live[1, :40])
    needed = duel.standing.rows_needed
    assert needed is not None
    assert 0 < needed < 1000


@pytest.mark.parametrize("gain", [0.7, 0.97, 0.995, 1.0, 1.02, 1.3])
@pytest.mark.parametrize("rows", [5, 40, 400, 2000])
def test_that_is_the_first_of_all_later_blocks_that_would_end_it(gain: float, rows: int) -> None:
    duel = Duel(DuelRules(level=0.01, horizon=3000), HOLD)
    rng = np.random.default_rng(rows)
    live = rng.normal(size=(2, rows)) * 0.2 + rng.normal(size=rows)
    duel.update_many(live[0], gain * live[1])
    if duel.verdict != "open":
        assert duel.standing.rows_needed == 0
        return
    ends = [n - rows for n in range(rows + 12, 3000, 12) if duel._ends(n, n / rows)]
    assert duel.standing.rows_needed == (ends[0] if ends else None)


@pytest.mark.parametrize("wrong", [{"level": 0.0}, {"late": 1.0}, {"horizon": 0}, {"improvement": -0.1}])
def test_rules_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        DuelRules(**wrong)


def test_renewed_it_keeps_what_the_rows_taught_and_none_of_their_evidence() -> None:
    duel = Duel(DuelRules(), (HOLD[0, :600], HOLD[1, :600]))
    duel.update_many(HOLD[0, 600:], 3.0 * HOLD[1, 600:])
    before = np.array(duel.state())
    after = np.array(duel.renewed().state())
    evidence = [loop.ROWS, loop.TOTAL, loop.SQUARES, loop.SHARE, loop.PLAIN, loop.OWN, loop.OTHER]
    open_block = [loop.BLOCK_TOTAL, loop.BLOCK_ROWS, loop.BROKEN_ROWS, loop.VERDICT]
    assert before[evidence].all()
    assert not after[evidence + open_block].any()
    assert not after[loop.VARIANCE :].any()
    kept = [loop.SIZE, loop.GAP, loop.SCALE, loop.WARM_SHARE]
    assert after[kept].tolist() == before[kept].tolist()
    assert after[loop.WARM] == before[loop.WARM] + before[loop.ROWS]
    assert after[loop.KNOWN] == loop.spread(before)
    assert duel.state() == before.tolist()  # and the old one is as it was


def test_renewed_it_forgets_errors_that_were_no_number() -> None:
    duel = Duel(DuelRules(), (HOLD[0], HOLD[1]))
    duel.update(math.nan, 1.0)
    duel.update(1.0, math.nan)
    again = duel.renewed()
    assert (duel.verdict, again.verdict) == ("broken", "open")
    assert again.state()[loop.BROKEN_ROWS] == 0.0
