"""The receipt of a retrain, or of one that was held back: the triggers weighed again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from clm.decisions.detectors import evidence_of
from clm.decisions.evident_triggers import EvidentObservation
from clm.decisions.recount import Recount, differences
from clm.decisions.triggers import Observation
from clm.decisions.weighing import rule, weigh
from clm.model import ModelType
from clm.policy import Policy
from clm.records import Decision

NUMBERS = ("accuracy", "baseline")
"""Fields of an observation that are None on record where they are no number."""


def check(decision: Decision, policy: Policy) -> Recount:
    """Weigh what was seen again, and compute each alarm from the sums that it left."""
    thresholds = decision.evidence.get("thresholds")
    used = policy if thresholds is None else policy_of(decision.policy, thresholds)
    seen = observed(decision.evidence["observation"], sequential=used.sequential)
    source = "thresholds in force now" if thresholds is None else "thresholds on record"
    if decision.rule != rule(used):
        return Recount(f"its hash and digest: {decision.rule} is not the rule of this version", ())
    weighed = weigh(seen, used)
    if weighed is None:
        return Recount(f"the triggers, by the {source}", ("nothing was due",))
    first = weighed.found[0]
    expected = {
        "kind": weighed.kind,
        "reason": weighed.reason,
        "trigger": first.trigger.value,
        "statistic": first.statistic,
        "limit": first.limit,
        "version": seen.active,
        "at": seen.clock,
    }
    alarms = seen.alarms if isinstance(seen, EvidentObservation) else {}
    faults = (*differences(expected, decision), *_alarms(alarms))
    return Recount(f"the triggers, by the {source}", faults)


def policy_of(name: str, thresholds: Mapping[str, Any]) -> Policy:
    """The policy behind thresholds on record; what they do not tell is its default."""
    told: dict[str, Any] = {**thresholds}
    lists = {key: tuple(value) for key, value in told.items() if isinstance(value, list)}
    return Policy(name=name, **{**told, **lists})


def observed(told: Mapping[str, Any], *, sequential: bool) -> Observation:
    """An observation from its record."""
    values: dict[str, Any] = {**told, "model_type": ModelType(told["model_type"])}
    values |= {name: math.nan for name in NUMBERS if values[name] is None}
    return EvidentObservation(**values) if sequential else Observation(**values)


def _alarms(alarms: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the alarms that an observation tells."""
    for name, alarm in alarms.items():
        if name == "score":
            statistic = evidence_of(alarm["state"])
            limit = alarm["between_days"] * alarm["rows_per_day"] / alarm["block"]
            raised = statistic >= limit
        else:
            loss, naive = alarm["losses"]
            statistic, limit = loss / naive, alarm["limit"]
            raised = statistic > limit
        if (alarm["statistic"], alarm["limit"]) != (statistic, limit):
            yield f"the sums of {name} give {statistic!r} over {limit!r}, not what its alarm tells"
        if not raised:
            yield f"{statistic!r} of {name} raises no alarm at {limit!r}"
