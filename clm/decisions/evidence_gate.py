"""The gate of policy ``sequential``: who may enter the shadow. Rule ``sequential-gate-1``.

A first model is promoted at once where the interval of its skill over the naive forecast (90 %) lies above
zero; otherwise it is shadowed beside that forecast. A later one has to pass the hold-out gate against the
active version on the rows that this one was not trained on; where too few of them are left, nothing is known
and the shadow decides. The seed's deltas and significance stay in the evaluation for a person to read.

Source: ``clm.decisions.sequential.holdout_gate``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from clm.decisions.ruling import PROMOTE, REJECT, UNDECIDED, Ruling
from clm.decisions.sequential.duel_rules import DuelRules
from clm.model import NAIVE, EvaluationResult, ShadowTestResult
from clm.policy import Policy

RULE = "sequential-gate-1"
SKIPPED = "evaluation only: shadow skipped"


def gate(evaluation: EvaluationResult, policy: Policy, *, first: bool) -> Ruling:
    """What a hold-out with skill decides; ``undecided`` when the shadow has to tell."""
    skipped = policy.shadow_test_hours == 0
    if first:
        return _first(evaluation, skipped=skipped)
    told = evaluation.evidence.get("gate", {})
    if "z" not in told:
        return _untold(evaluation, policy, str(told.get("short", "nothing was told of it")))
    return _passed(told, evaluation.active_version or NAIVE, floor_of(evaluation.evidence), skipped=skipped)


def figures(shadow: ShadowTestResult) -> tuple[float, float]:
    """What a trial ended by and the limit it was held against: a log e-value, or the horizon bound's."""
    rules = DuelRules(level=shadow.level)
    if shadow.decided_by == "futile":
        return shadow.log_e_futile, rules.futility_limit
    if not shadow.log_e_better >= rules.early_limit and shadow.horizon_z >= rules.late_limit:
        return shadow.horizon_z, rules.late_limit
    return shadow.log_e_better, rules.early_limit


def floor_of(evidence: Mapping[str, Any]) -> float:
    """The noise floor of a candidate's recipe, fraction of the MAE; 0 where it was not measured."""
    return float(evidence.get("noise", {}).get("floor", 0.0))


def _first(evaluation: EvaluationResult, *, skipped: bool) -> Ruling:
    low = evaluation.evidence.get("skill", {}).get("low")
    if low is not None and low > 0:
        return Ruling(PROMOTE, "bootstrap", low, 0.0)
    if skipped:
        return Ruling(PROMOTE, f"bootstrap, {SKIPPED}", evaluation.skill, 0.0)
    known = "of unknown width" if low is None else f"from {low:+.4f}"
    reason = f"skill over naive on the hold-out is {evaluation.skill:+.4f}, its interval {known}: shadow"
    return Ruling(UNDECIDED, reason, math.nan if low is None else low, 0.0)


def _untold(evaluation: EvaluationResult, policy: Policy, why: str) -> Ruling:
    """No comparison is possible; without a shadow the seed's, which favours the active version, has to do."""
    if policy.shadow_test_hours > 0:
        return Ruling(UNDECIDED, f"no comparison on the hold-out, {why}: shadow")
    delta, limit = evaluation.vs_active_rmse_delta, -policy.min_improvement_threshold
    result = PROMOTE if delta <= limit else REJECT
    return Ruling(result, f"{SKIPPED}, {why}; RMSE on the hold-out is {delta:+.2%}", delta, limit)


def _passed(told: Mapping[str, Any], active: str, floor: float, *, skipped: bool) -> Ruling:
    from clm.decisions.sequential import holdout_gate

    known: dict[str, Any] = {name: math.nan if value is None else value for name, value in told.items()}
    result = holdout_gate.GateResult(**known)
    seen = (
        f"MAE on {result.rows} held-out rows is {-result.improvement:+.2%} against {active}, "
        f"z {result.z:.2f}, of the squared loss {result.squared_z:.2f}"
    )
    if not result.passed:
        return Ruling(REJECT, f"not better: {seen}", result.z, holdout_gate.LEAST_Z)
    if result.improvement <= floor:
        reason = f"not better than two equal trainings differ, {floor:.2%}: {seen}"
        return Ruling(REJECT, reason, result.improvement, floor)
    if skipped:
        return Ruling(PROMOTE, f"{SKIPPED}; {seen}", result.z, holdout_gate.LEAST_Z)
    return Ruling(UNDECIDED, f"{seen}: shadow", result.z, holdout_gate.LEAST_Z)
