"""Promotion: what the evaluation and the shadow together allow. Rule ``seed-promotion-1``.

The seed asks for an improvement on the hold-out, a shadow that recommends and no critical issue. The
floor below all of it: nothing is promoted without skill over the naive forecast. Under policy ``sequential``
``clm.decisions.evidence_gate`` judges instead, unless an evaluator of somebody's own told no errors.
"""

from __future__ import annotations

import math

from clm.decisions import evidence_gate
from clm.decisions.ruling import PROMOTE as PROMOTE  # noqa: PLC0414 - asked for here
from clm.decisions.ruling import REJECT as REJECT  # noqa: PLC0414
from clm.decisions.ruling import UNDECIDED as UNDECIDED  # noqa: PLC0414
from clm.decisions.ruling import Ruling as Ruling  # noqa: PLC0414
from clm.model import NAIVE, EvaluationResult, ShadowTestResult
from clm.policy import Policy

RULE = "seed-promotion-1"


def rule(policy: Policy) -> str:
    """Name and version of the rule that judges an evaluation."""
    return evidence_gate.RULE if policy.sequential else RULE


def gate(evaluation: EvaluationResult, policy: Policy, *, first: bool) -> Ruling:
    """What the evaluation alone decides.

    Parameters:
        first: no trained version was ever active, so there is nothing to be compared with.

    Returns ``undecided`` when the shadow has to tell.
    """
    issue = critical_issue(evaluation)
    if issue:
        return Ruling(REJECT, issue)
    if not evaluation.skill > 0:
        reason = f"no skill over naive on the hold-out: {evaluation.skill:+.4f}"
        return Ruling(REJECT, reason, evaluation.skill, 0.0)
    judge = evidence_gate.gate if policy.sequential and evaluation.evidence else _by_thresholds
    return judge(evaluation, policy, first=first)


def _by_thresholds(evaluation: EvaluationResult, policy: Policy, *, first: bool) -> Ruling:
    if first:
        return Ruling(PROMOTE, "bootstrap", evaluation.skill, 0.0)
    delta, limit = evaluation.vs_active_rmse_delta, -policy.min_improvement_threshold
    if not delta <= limit:
        reason = (
            f"RMSE on the hold-out is {delta:+.2%} against {evaluation.active_version or NAIVE}, "
            f"asked for {limit:+.2%} or better"
        )
        return Ruling(REJECT, reason, delta, limit)
    if policy.shadow_test_hours == 0:
        return Ruling(PROMOTE, "evaluation only: shadow skipped", delta, limit)
    return Ruling(UNDECIDED, f"RMSE on the hold-out is {delta:+.2%}: shadow", delta, limit)


def decide(
    evaluation: EvaluationResult, shadow: ShadowTestResult | None, policy: Policy, *, first: bool
) -> Ruling:
    """The verdict from the evaluation and, where it is needed, the shadow."""
    ruling = gate(evaluation, policy, first=first)
    if ruling.result != UNDECIDED:
        return ruling
    return _shown(shadow)


def conclude(evaluation: EvaluationResult, shadow: ShadowTestResult, policy: Policy) -> Ruling:
    """The verdict of a trial, which the evaluation let begin; the seed asks the evaluation once more."""
    return _shown(shadow) if policy.sequential else decide(evaluation, shadow, policy, first=False)


def _shown(shadow: ShadowTestResult | None) -> Ruling:
    if shadow is None or not shadow.complete:
        return Ruling(UNDECIDED, shadow.reason if shadow else "no shadow yet")
    result = PROMOTE if shadow.recommend_promotion else REJECT
    if shadow.decided_by:
        return Ruling(result, shadow.reason, *evidence_gate.figures(shadow))
    delta = shadow.candidate_mae / shadow.active_mae - 1 if shadow.active_mae > 0 else math.nan
    return Ruling(result, shadow.reason, delta, 0.0)


def critical_issue(evaluation: EvaluationResult) -> str:
    """What makes a candidate unusable whatever its score; empty if nothing."""
    for name in ("rmse", "mae"):
        value = getattr(evaluation, name)
        if not math.isfinite(value):
            return f"critical: {name} on the hold-out is {value}"
    return ""
