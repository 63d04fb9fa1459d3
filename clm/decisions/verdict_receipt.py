"""The receipt of a verdict: gate, trial or probation asked again, with the sums that they left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clm.decisions.candidate import evaluation_from, shadow_from
from clm.decisions.promotion import conclude, critical_issue, gate, rule
from clm.decisions.recount import Recount, differences
from clm.decisions.retrain_receipt import policy_of
from clm.decisions.ruling import PASSED, PROMOTE, REJECT, ROLLBACK, Ruling
from clm.model import ShadowTestResult
from clm.policy import Policy
from clm.records import Decision

CRITICAL = "critical: "
RULED = ("better", "futile", "expired")
"""Verdicts of a duel that follow from its sums at the row where it fell."""


def check(decision: Decision, policy: Policy) -> Recount:
    """Ask whoever ruled again; a verdict on somebody else's event rests on that event."""
    told = decision.evidence
    used = policy_of(decision.policy, told["thresholds"]) if "thresholds" in told else policy
    if decision.kind in (ROLLBACK, PASSED):
        return Recount("the probation, from its duel's sums", tuple(_probation(decision)))
    if decision.kind not in (PROMOTE, REJECT):
        return Recount(f"its hash and digest: {decision.kind} follows from another event", ())
    evaluation = evaluation_from(told["evaluation"])
    if decision.reason.startswith(CRITICAL) and not critical_issue(evaluation):
        return Recount("its hash and digest: it follows from a forecast that could not be made", ())
    if told["shadow"] is None:
        return Recount("the gate, from the evaluation", tuple(_gate(decision, used)))
    shadow = shadow_from(told["shadow"])
    ruling = conclude(evaluation, shadow, used)
    faults = [*_same(ruling, decision)]
    if "duel" not in told:
        return Recount("the verdict, from the trial's figures", tuple(faults))
    faults += _trial(decision, shadow)
    return Recount("the verdict, from the trial's figures and its duel's sums", tuple(faults))


def _gate(decision: Decision, policy: Policy) -> Iterator[str]:
    """Whether a first model was meant only newer records tell; an older one may follow either way."""
    if decision.rule != rule(policy):
        return
    evaluation = evaluation_from(decision.evidence["evaluation"])
    firsts = [decision.evidence["first"]] if "first" in decision.evidence else [False, True]
    faults = [[*_same(gate(evaluation, policy, first=first), decision)] for first in firsts]
    yield from min(faults, key=len)


def _same(ruling: Ruling, decision: Decision) -> Iterator[str]:
    """Where a ruling differs; the reason of one that was asked again begins with why."""
    expected = {"kind": ruling.result, "statistic": ruling.statistic, "limit": ruling.limit}
    yield from differences(expected, decision)
    if not decision.reason.endswith(ruling.reason):
        yield f"reason is {decision.reason!r}, but the evidence gives {ruling.reason!r}"


def _trial(decision: Decision, shadow: ShadowTestResult) -> Iterator[str]:
    from clm.decisions.evidence_trial import EvidenceTrial

    trial = EvidenceTrial.told(shadow, decision.evidence)
    standing = trial.duel.standing
    expected = {
        "decided_by": trial.decided_by(decision.at),
        "log_e_better": standing.log_better,
        "horizon_z": standing.late,
        "log_e_futile": standing.log_futile,
        "level": trial.terms.rules.level,
    }
    yield from differences(expected, shadow)
    if trial.duel.verdict in RULED and trial.duel.again != trial.duel.verdict:
        yield f"the duel's sums give {trial.duel.again!r}, not {trial.duel.verdict!r}"


def _probation(decision: Decision) -> Iterator[str]:
    from clm.decisions.sequential.probation import Probation

    told: Mapping[str, Any] = decision.evidence
    probation = Probation.restored(told["probation"])
    yield from differences(
        {
            "statistic": probation.standing.log_better,
            "limit": probation.rules.early_limit,
            "level": probation.rules.level,
        },
        decision,
    )
    if (decision.kind == ROLLBACK) != bool(probation.reason):
        yield f"kind is {decision.kind!r}, but what ended the probation is {probation.reason or 'nothing'!r}"
    if told["decided_by"] == "duel" and probation.again != "better":
        yield f"the duel's sums give {probation.again!r}: no reason to roll back"
