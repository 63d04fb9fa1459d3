"""The receipt of a canary's step: its stage asked again, with the sums that it left."""

from __future__ import annotations

from collections.abc import Iterator

from clm.decisions.recount import Recount, differences
from clm.decisions.retrain_receipt import policy_of
from clm.decisions.rollout import KINDS, STEP
from clm.decisions.stage import ABORT, LEVEL, RULE, Stage
from clm.decisions.verdict_receipt import CRITICAL
from clm.records import Decision


def check(decision: Decision) -> Recount:
    """Rule on the stage again; what rests on a forecast that could not be made is said to."""
    if decision.rule != RULE:
        return Recount(f"its hash and digest: {decision.rule} is not the rule of this version", ())
    if decision.reason.startswith(CRITICAL):
        return Recount("its hash and digest: it follows from a forecast that could not be made", ())
    return Recount("the stage, from the sums of its tests", tuple(_stage(decision)))


def _stage(decision: Decision) -> Iterator[str]:
    told, pairs = decision.evidence, decision.counts["pairs"]
    policy = policy_of(decision.policy, told["thresholds"])
    stage = Stage.told(decision.model_type, str(decision.version), pairs, told)
    ruling = stage.ruling()
    share = 0.0 if ruling.result == ABORT else policy.next_share(stage.share)
    expected = {
        "kind": KINDS.get(share, STEP),
        "reason": ruling.reason,
        "statistic": ruling.statistic,
        "limit": ruling.limit,
        "level": LEVEL,
    }
    yield from differences(expected, decision)
    if (share, stage.found) != (told["to"], told["decided_by"]):
        yield f"it goes to {told['to']:.0%}, but the evidence gives {share:.0%}"
    if stage.worse == "duel" and stage.probation.again != "better":
        yield f"the duel's sums give {stage.probation.again!r}: no reason to abort"
    if not stage.complete(decision.at, policy):
        yield "its hours or outcomes did not suffice"
