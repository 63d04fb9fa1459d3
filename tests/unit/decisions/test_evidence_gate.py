"""The gate of policy ``sequential``: who is promoted, refused or shadowed by the hold-out alone."""

from __future__ import annotations

import math
from typing import Any

import pytest

from clm.decisions.promotion import Ruling, conclude, decide, gate
from clm.events import moment
from clm.model import ModelType, ShadowTestResult
from clm.policy import SEQUENTIAL, Policy
from tests.unit.decisions.stream import evaluated

POLICY = Policy(name=SEQUENTIAL)
PASSED = {
    "rows": 500, "z": 1.28, "squared_z": 0.0, "improvement": 0.005,
    "skill": 0.1, "skill_low": 0.05, "skill_high": 0.15,
}  # fmt: skip
"""What the gate lets through, only just."""


def ruled(first: bool = False, hours: float = 24.0, delta: float = -0.1, **evidence: Any) -> Ruling:
    policy = Policy(name=SEQUENTIAL, shadow_test_hours=hours)
    return gate(evaluated(evidence=evidence, vs_active_rmse_delta=delta), policy, first=first)


def test_a_first_model_is_promoted_where_its_skill_is_certain() -> None:
    found = ruled(first=True, skill={"rows": 500, "low": 0.01, "high": 0.2})
    assert (found.result, found.reason, found.statistic, found.limit) == ("promote", "bootstrap", 0.01, 0.0)


@pytest.mark.parametrize("skill", [{"low": 0.0, "high": 0.2}, {"low": -0.1, "high": 0.2}, {"short": "few"}])
def test_a_first_model_whose_skill_is_uncertain_is_shadowed_beside_naive(skill: dict[str, Any]) -> None:
    found, skipped = ruled(first=True, skill=skill), ruled(first=True, hours=0.0, skill=skill)
    assert (found.result, found.limit) == ("undecided", 0.0)
    assert (skipped.result, skipped.reason) == ("promote", "bootstrap, evaluation only: shadow skipped")
    assert (skipped.statistic, skipped.limit) == (evaluated().skill, 0.0)


def test_a_later_model_that_passes_is_shadowed() -> None:
    evidence = {"gate": {**PASSED, "squared_z": 0.25}}
    found = gate(evaluated(active_version="v0", evidence=evidence), POLICY, first=False)
    assert (found.result, found.statistic, found.limit) == ("undecided", 1.28, 1.28)
    seen = "MAE on 500 held-out rows is -0.50% against v0, z 1.28, of the squared loss 0.25"
    assert (found.reason, ruled(hours=0.0, gate=PASSED).result) == (f"{seen}: shadow", "promote")


@pytest.mark.parametrize("change", [{"z": 1.27}, {"improvement": 0.0049}, {"squared_z": -1.0}, {"z": None}])
def test_a_later_model_that_does_not_pass_is_refused(change: dict[str, Any]) -> None:
    found = ruled(gate={**PASSED, **change})
    assert (found.result, found.reason[:10]) == ("reject", "not better")


@pytest.mark.parametrize(("floor", "result"), [(0.03, "reject"), (0.029, "undecided")])
def test_a_candidate_inside_the_noise_floor_of_its_recipe_is_refused(floor: float, result: str) -> None:
    found = ruled(gate={**PASSED, "improvement": 0.03}, noise={"floor": floor, "replicas": 3})
    assert found.result == result
    if result == "reject":
        assert (found.statistic, found.limit) == (0.03, 0.03)


def test_a_floor_that_could_not_be_measured_refuses_nobody() -> None:
    assert ruled(gate=PASSED, noise={"short": "a replica gave no number"}).result == "undecided"


def test_the_seed_s_threshold_is_not_asked_for() -> None:
    assert ruled(gate=PASSED, delta=0.1).result == "undecided"


def test_where_no_comparison_is_possible_the_shadow_decides() -> None:
    found = ruled(gate={"short": "12 rows since the training of v1"}, delta=0.1, hours=0.5)
    assert found.result == "undecided"
    assert found.reason == "no comparison on the hold-out, 12 rows since the training of v1: shadow"


@pytest.mark.parametrize(("delta", "result"), [(-0.02, "undecided"), (-0.01, "reject")])
def test_an_evaluator_that_tells_no_errors_is_judged_by_thresholds(delta: float, result: str) -> None:
    assert ruled(delta=delta).result == result
    assert ruled(first=True).reason == "bootstrap"


@pytest.mark.parametrize(("delta", "result"), [(-0.02, "promote"), (-0.019, "reject"), (math.nan, "reject")])
def test_without_comparison_and_shadow_the_seed_s_threshold_has_to_do(delta: float, result: str) -> None:
    assert ruled(hours=0.0, delta=delta).result == result
    found = ruled(hours=0.0, delta=delta, gate={"short": "12 rows"})
    assert (found.result, found.limit) == (result, -0.02)
    assert found.reason == f"evaluation only: shadow skipped, 12 rows; RMSE on the hold-out is {delta:+.2%}"


@pytest.mark.parametrize("skill", [0.0, -0.1, math.nan])
def test_the_floor_over_naive_holds_here_too(skill: float) -> None:
    evaluation = evaluated(skill=skill, evidence={"gate": PASSED, "skill": {"low": 0.1}})
    for first in (True, False):
        assert gate(evaluation, POLICY, first=first).result == "reject"


def shadow(**changes: Any) -> ShadowTestResult:
    given: dict[str, Any] = {
        "model_type": ModelType.XGBOOST, "candidate_version": "v2", "active_version": "v1",
        "live_predictions": 100, "candidate_mae": 0.9, "active_mae": 1.0, "candidate_direction_acc": 0.5,
        "active_direction_acc": 0.5, "error_ks_statistic": 0.1, "error_mean_diff": -0.1,
        "error_std_diff": 0.0, "recommend_promotion": True, "reason": "better", "tested_from": moment(0),
        "tested_hours": 8.0, "level": 0.05, "log_e_better": 4.0, "log_e_futile": -2.0,
        "decided_by": "better",
    }  # fmt: skip
    return ShadowTestResult(**{**given, **changes})


def test_a_verdict_holds_the_evidence_against_its_limit() -> None:
    found = decide(evaluated(evidence={"gate": PASSED}), shadow(), POLICY, first=False)
    assert (found.result, found.statistic) == ("promote", 4.0)
    assert found.limit == pytest.approx(-math.log(0.05 * 0.35))  # a third of the level is spent early
    late = conclude(evaluated(), shadow(log_e_better=3.0, horizon_z=3.1), POLICY)
    assert (late.statistic, late.limit) == (3.1, pytest.approx(3.0381, abs=1e-4))  # of .65 of the level
    found = conclude(evaluated(), shadow(recommend_promotion=False, decided_by="futile"), POLICY)
    assert (found.result, found.statistic, found.limit) == ("reject", -2.0, pytest.approx(math.log(10)))


def test_a_trial_s_end_does_not_ask_the_gate_again() -> None:
    refused = evaluated(evidence={"gate": {**PASSED, "z": 0.0}})
    assert conclude(refused, shadow(), POLICY).result == "promote"
    assert decide(refused, shadow(), POLICY, first=False).result == "reject"


def test_a_tester_that_knows_no_levels_is_believed() -> None:
    plain = shadow(decided_by="", level=math.nan)
    assert decide(evaluated(), plain, POLICY, first=False).result == "promote"
