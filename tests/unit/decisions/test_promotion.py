"""Promotion needs skill over naive, an improvement on the hold-out and a shadow that recommends."""

from __future__ import annotations

import math
from typing import Any

import pytest

from clm.decisions import promotion
from clm.decisions.promotion import Ruling
from clm.events import moment
from clm.model import ModelType, ShadowTestResult
from clm.policy import SEED, Policy
from tests.unit.decisions.stream import evaluated

Gate = tuple[dict[str, Any], dict[str, Any], bool, str, str]
GATES: list[Gate] = [
    # the floor: skill over the naive forecast, bootstrap included
    ({"skill": 0.0}, {}, False, "reject", "no skill over naive on the hold-out: +0.0000"),
    ({"skill": 0.0}, {}, True, "reject", "no skill over naive on the hold-out: +0.0000"),
    ({"skill": -0.5}, {}, True, "reject", "no skill over naive on the hold-out: -0.5000"),
    ({"skill": math.nan}, {}, True, "reject", "no skill over naive on the hold-out: +nan"),
    ({"skill": 0.001}, {}, True, "promote", "bootstrap"),
    ({"skill": 0.001, "vs_active_rmse_delta": 0.5}, {}, True, "promote", "bootstrap"),
    # more than 2 % better than the active version, relative RMSE
    ({"vs_active_rmse_delta": -0.02}, {}, False, "undecided", "RMSE on the hold-out is -2.00%: shadow"),
    ({"vs_active_rmse_delta": -0.0199}, {}, False, "reject",
     "RMSE on the hold-out is -1.99% against naive, asked for -2.00% or better"),
    ({"vs_active_rmse_delta": 0.5, "active_version": "v0"}, {}, False, "reject",
     "RMSE on the hold-out is +50.00% against v0, asked for -2.00% or better"),
    ({"vs_active_rmse_delta": math.nan}, {}, False, "reject",
     "RMSE on the hold-out is +nan% against naive, asked for -2.00% or better"),
    ({"vs_active_rmse_delta": 0.0}, {"min_improvement_threshold": 0.0}, False, "undecided",
     "RMSE on the hold-out is +0.00%: shadow"),
    # a shadow of 0 hours is skipped; the gates hold all the same
    ({}, {"shadow_test_hours": 0.0}, False, "promote", "evaluation only: shadow skipped"),
    ({"skill": 0.0}, {"shadow_test_hours": 0.0}, False, "reject",
     "no skill over naive on the hold-out: +0.0000"),
    # critical issues come first
    ({"rmse": math.nan}, {}, True, "reject", "critical: rmse on the hold-out is nan"),
    ({"mae": math.inf}, {}, True, "reject", "critical: mae on the hold-out is inf"),
]  # fmt: skip
"""what differs from a good evaluation, from the default policy, first, and the ruling"""

Shadowed = tuple[dict[str, Any] | None, str, str]
SHADOWS: list[Shadowed] = [
    (None, "undecided", "no shadow yet"),
    ({"complete": False, "recommend_promotion": False, "reason": "more"}, "undecided", "more"),
    ({"complete": False, "recommend_promotion": True, "reason": "more"}, "undecided", "more"),
    ({"reason": "better"}, "promote", "better"),
    ({"recommend_promotion": False, "reason": "not better"}, "reject", "not better"),
]
"""what differs from a shadow that recommends, and the ruling on a good evaluation"""


def shadow(**changes: Any) -> ShadowTestResult:
    given = {
        "model_type": ModelType.XGBOOST, "candidate_version": "v1", "active_version": "v0",
        "live_predictions": 30, "candidate_mae": 0.75, "active_mae": 1.0,
        "candidate_direction_acc": 0.6, "active_direction_acc": 0.5, "error_ks_statistic": 0.1,
        "error_mean_diff": -0.25, "error_std_diff": 0.0, "recommend_promotion": True, "reason": "",
        "tested_from": moment(0), "tested_hours": 24.0,
    }  # fmt: skip
    return ShadowTestResult(**{**given, **changes})


def after(changes: dict[str, Any] | None, module: Any = promotion) -> Ruling:
    told = None if changes is None else shadow(**changes)
    ruling: Ruling = module.decide(evaluated(), told, Policy(name=SEED), first=False)
    return ruling


def notices(module: Any) -> bool:
    """Whether the tables tell a module from the real one."""
    for changes, settings, first, *expected in GATES:
        ruling = module.gate(evaluated(**changes), Policy(name=SEED, **settings), first=first)
        if [ruling.result, ruling.reason] != expected:
            return True
    rulings = [after(changes, module) for changes, _, _ in SHADOWS]
    right = [(each.result, each.reason) for each in rulings] == [row[1:] for row in SHADOWS]
    return not (right and rulings[-1].statistic == -0.25 and rulings[-1].limit == 0.0)


@pytest.mark.parametrize(("changes", "settings", "first", "result", "reason"), GATES)
def test_the_evaluation_alone_decides_what_it_can(
    changes: dict[str, Any], settings: dict[str, Any], first: bool, result: str, reason: str
) -> None:
    ruling = promotion.gate(evaluated(**changes), Policy(name=SEED, **settings), first=first)
    assert (ruling.result, ruling.reason) == (result, reason)


@pytest.mark.parametrize(("changes", "result", "reason"), SHADOWS)
def test_the_shadow_decides_the_rest(changes: dict[str, Any] | None, result: str, reason: str) -> None:
    ruling = after(changes)
    assert (ruling.result, ruling.reason) == (result, reason)


def test_no_shadow_saves_a_candidate_that_the_hold_out_rejects() -> None:
    ruling = promotion.decide(evaluated(skill=-0.1), shadow(), Policy(name=SEED), first=False)
    assert (ruling.result, ruling.statistic, ruling.limit) == ("reject", -0.1, 0.0)


def test_the_ruling_tells_the_relative_difference_of_mae() -> None:
    ruling = after({})
    assert (ruling.statistic, ruling.limit) == (-0.25, 0.0)  # 0.75 / 1 - 1


def test_against_a_perfect_active_version_the_relative_difference_is_unknown() -> None:
    assert math.isnan(after({"active_mae": 0.0}).statistic)


def test_the_hold_out_ruling_tells_delta_and_limit() -> None:
    ruling = promotion.gate(evaluated(vs_active_rmse_delta=-0.01), Policy(name=SEED), first=False)
    assert (ruling.statistic, ruling.limit) == (-0.01, -0.02)
