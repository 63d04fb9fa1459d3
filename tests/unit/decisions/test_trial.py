"""A trial recommends when the candidate is better on the same outcomes, long and often enough."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import msgpack
import pytest
from scipy import stats

from clm.decisions import trial as module
from clm.decisions.trial import ShadowTrial, TrialPair
from clm.events import HOUR, moment
from clm.model import ModelType, ShadowTestResult
from clm.policy import Policy

OPENED = 1000 * HOUR
QUICK: dict[str, Any] = {"shadow_test_hours": 2.0, "min_effective_outcomes": 2}
Row = tuple[float, float, float, float]  # candidate, active, naive, outcome

BETTER: list[Row] = [(1.5, 1.0, 0.0, 2.0), (-1.5, -1.0, 0.0, -2.0)]  # errors .5 against 1, naive 2
BELOW_NAIVE: list[Row] = [(2.0, 4.5, 2.5, 3.0), (5.0, 3.0, 1.0, 5.0)]  # all positive, yet 1/2 against 2/2
LOWER_DIRECTION: list[Row] = [(-0.125, 1.0, 0.0, 0.125), (1.875, 1.0, 0.0, 2.0)]  # 1/2 against 2/2
NAIVE_ACTIVE: list[Row] = [(1.5, 0.0, 0.0, 2.0), (-0.125, 0.0, 0.0, 1.0)]  # 1/2 against guessing

CASES: list[tuple[list[Row], dict[str, Any], bool, str]] = [
    (BETTER, {}, True, "better: MAE 0.5 against 1 of v1 over 2 pairs"),
    ([(1.0, 1.0, 0.0, 2.0)] * 2, {}, False, "not better: MAE 1 against 1 of v1 over 2 pairs"),
    ([(1.0, 1.5, 0.0, 2.0)] * 2, {}, False, "not better: MAE 1 against 0.5 of v1 over 2 pairs"),
    # candidate and naive are both 0.5 away
    ([(2.5, 3.0, 1.5, 2.0)] * 2, {}, False, "no skill over naive: MAE 0.5 against 0.5"),
    ([(2.5, 3.0, 1.75, 2.0)] * 2, {}, False, "no skill over naive: MAE 0.5 against 0.25"),
    (BELOW_NAIVE, {}, False, "direction lower: 0.5000 against 1.0000"),
    (LOWER_DIRECTION, {}, False, "direction lower: 0.5000 against 1.0000"),
    ([(1.75, -1.0, 0.0, 2.0)] * 2, {}, True, "better: MAE 0.25 against 3 of v1 over 2 pairs"),
    # the naive forecast has no direction: the bar is guessing
    # errors .5 and 1.125 against 2 and 1
    (NAIVE_ACTIVE, {}, True, "better: MAE 0.8125 against 1.5 of v1 over 2 pairs"),
    ([(-0.0625, 0.0, 0.0, 0.0625), (-0.125, 0.0, 0.0, -0.25), (-0.125, 0.0, 0.0, 0.0625)], {}, False,
     "not better: MAE 0.145833 against 0.125 of v1 over 3 pairs"),
    ([(2.0, 0.0, 0.0, 2.0), (-0.125, 0.0, 0.0, 0.25), (-0.125, 0.0, 0.0, 0.25)], {}, False,
     "direction lower: 0.3333 against 0.5000"),
    ([(0.0, 1.0, 0.0, 0.25)] * 2, {}, False, "no skill over naive: MAE 0.25 against 0.25"),
    # KS gates only if asked to: p is 2 / C(8, 4) = .029 for 4 and 2 / C(6, 3) = .1 for 3 pairs
    (BETTER * 2, {"require_ks": True}, True, "better: MAE 0.5 against 1 of v1 over 4 pairs"),
    ([*BETTER, BETTER[0]], {"require_ks": True}, False,
     "error distributions do not differ: KS p 0.100"),
    ([*BETTER, BETTER[0]], {}, True, "better: MAE 0.5 against 1 of v1 over 3 pairs"),
    # too little evidence
    (BETTER[:1], {}, False, "undecided: 0.0 more hours, 1 more effective outcomes"),
    ([], {}, False, "undecided: 0.0 more hours, 2 more effective outcomes"),
]  # fmt: skip
"""pairs, what differs from QUICK, and what is recommended after two hours"""


def tried(rows: list[Row], horizon: int = 1, regimes: str = "", of: Any = module) -> ShadowTrial:
    """A trial over some pairs; one letter of ``regimes`` for each."""
    trial: ShadowTrial = of.ShadowTrial(ModelType.XGBOOST, "v2", "v1", OPENED)
    for row, regime in zip(rows, regimes or [""] * len(rows), strict=True):
        trial.observe(of.TrialPair(*row, regime), horizon)
    return trial


def ended(rows: list[Row], of: Any = module, **settings: Any) -> ShadowTestResult:
    """Its result after two hours."""
    return tried(rows, of=of).result(OPENED + 2 * HOUR, Policy(**{**QUICK, **settings}))


LATE_ENOUGH = [(2, 1, 2 * HOUR, True), (2, 1, 2 * HOUR - 1, False), (1, 1, 9 * HOUR, False),
               (3, 2, 9 * HOUR, False), (4, 2, 9 * HOUR, True), (5, 3, 9 * HOUR, False)]  # fmt: skip
"""pairs, horizon, age in µs, and whether the trial is complete with 2 hours and 2 outcomes"""


def complete(pairs: int, horizon: int, age: int, of: Any = module) -> bool:
    return tried([BETTER[0]] * pairs, horizon, of=of).complete(OPENED + age, Policy(**QUICK))


def notices(module: Any) -> bool:
    """Whether the tables tell a module from the real one."""
    for rows, settings, recommend, reason in CASES:
        told = ended(rows, module, **settings)
        if (told.recommend_promotion, told.reason) != (recommend, reason):
            return True
    if any(complete(*row[:3], of=module) is not row[3] for row in LATE_ENOUGH):
        return True
    told = ended(LOWER_DIRECTION, module)
    # |errors| .25 .125 and .875 1: .1875 - .9375; errors -.25 -.125 and .875 -1: std .0625 - .9375
    differences = told.error_mean_diff, told.error_std_diff
    mixed = tried(BETTER, of=module)
    mixed.observe(TrialPair(*BETTER[0], ""), 3)  # the longest horizon counts
    return differences != (-0.75, -0.875) or mixed.effective != 1


@pytest.mark.parametrize(("rows", "settings", "recommend", "reason"), CASES)
def test_the_rule_recommends_what_is_better_at_everything(
    rows: list[Row], settings: dict[str, Any], recommend: bool, reason: str
) -> None:
    told = ended(rows, **settings)
    assert (told.recommend_promotion, told.reason) == (recommend, reason)


@pytest.mark.parametrize(("pairs", "horizon", "age", "expected"), LATE_ENOUGH)
def test_it_takes_hours_and_effective_outcomes(pairs: int, horizon: int, age: int, expected: bool) -> None:
    assert complete(pairs, horizon, age) is expected


def test_overlapping_horizons_share_their_outcomes() -> None:
    trial = tried([BETTER[0]] * 47, horizon=24)
    assert (trial.pairs, trial.effective) == (47, 1)  # 47 // 24


def test_the_longest_horizon_counts() -> None:
    trial = tried([BETTER[0]] * 6, horizon=3)
    trial.observe(TrialPair(*BETTER[0], ""), 1)
    assert trial.effective == 2  # 7 // 3


def test_incomplete_evidence_never_recommends_and_says_what_is_missing() -> None:
    told = tried(BETTER).result(OPENED + HOUR, Policy(shadow_test_hours=24.0))
    assert (told.complete, told.recommend_promotion) == (False, False)
    assert told.reason == "undecided: 23.0 more hours, 28 more effective outcomes"  # of 24 and 30


MIXED: list[Row] = [(1.0, 2.0, 0.0, 4.0), (2.0, 5.0, 0.0, 1.0), (-1.0, 0.0, 0.0, 1.0)]
# candidate errors -3 1 -2, active -2 4 -1, naive -4 -1 -1


def test_every_field_is_the_hand_computed_one() -> None:
    told = tried(MIXED, horizon=2).result(OPENED + 3 * HOUR, Policy())
    assert (told.candidate_version, told.active_version) == ("v2", "v1")
    assert (told.live_predictions, told.effective_outcomes) == (3, 1)  # 3 // 2
    assert told.candidate_mae == 2.0  # (3 + 1 + 2) / 3
    assert told.active_mae == pytest.approx(7 / 3)  # (2 + 4 + 1) / 3
    assert told.naive_mae == 2.0  # (4 + 1 + 1) / 3
    assert told.candidate_direction_acc == pytest.approx(2 / 3)
    assert told.active_direction_acc == 1.0  # its third forecast is the naive one
    assert told.error_mean_diff == pytest.approx(-1 / 3)  # 2 - 7/3
    # variances 14/3 - (4/3)^2 = 26/9 and 21/3 - (1/3)^2 = 62/9
    assert told.error_std_diff == pytest.approx((math.sqrt(26) - math.sqrt(62)) / 3)
    assert told.error_ks_statistic == pytest.approx(1 / 3)  # of 1 2 3 and 1 2 4
    assert (told.tested_from, told.tested_hours) == (moment(OPENED), 3.0)


def test_ks_is_scipys_test_of_the_absolute_errors() -> None:
    told = ended(MIXED)
    scipys = stats.ks_2samp([3.0, 1.0, 2.0], [2.0, 4.0, 1.0])
    assert (told.error_ks_statistic, told.error_ks_p_value) == tuple(scipys)


def test_mae_is_told_by_regime() -> None:
    trial = tried(MIXED, regimes="cwc")
    told = trial.result(OPENED, Policy())
    assert told.regime_candidate_mae == {"c": 2.5, "w": 1.0}  # (3 + 2) / 2
    assert told.regime_active_mae == {"c": 1.5, "w": 4.0}  # (2 + 1) / 2


def test_pairs_of_an_unknown_regime_are_in_no_regime() -> None:
    assert ended(MIXED).regime_candidate_mae == {}


def test_without_pairs_every_statistic_is_unknown() -> None:
    told = ended([])
    for name in ("candidate_mae", "active_mae", "naive_mae", "candidate_direction_acc",
                 "error_ks_statistic", "error_mean_diff", "error_std_diff"):  # fmt: skip
        assert math.isnan(getattr(told, name)), name


def test_beyond_its_limit_a_trial_keeps_the_newest_pairs_and_counts_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_PAIRS", 2)
    told = tried([(9.0, 9.0, 9.0, 0.0), *BETTER], regimes="wcc").result(OPENED, Policy())
    assert (told.live_predictions, told.effective_outcomes) == (3, 3)
    assert (told.candidate_mae, told.active_mae, told.naive_mae) == (0.5, 1.0, 2.0)
    assert (told.candidate_direction_acc, told.regime_candidate_mae) == (1.0, {"c": 0.5})


def test_a_restored_trial_gives_the_same_result() -> None:
    trial = tried(MIXED, horizon=2, regimes="cwc")
    again = ShadowTrial.restored(msgpack.unpackb(msgpack.packb(trial.state())))
    for each in (trial, again):
        each.observe(TrialPair(1.0, 2.0, 0.0, 3.0, "c"), 1)
    clock = OPENED + 5 * HOUR
    assert again.result(clock, Policy()) == trial.result(clock, Policy())
    assert trial.result(clock, Policy()).tested_from + timedelta(hours=5) == moment(clock)
