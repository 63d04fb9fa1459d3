"""Weighing: the rules of a policy by its name."""

from __future__ import annotations

from clm.decisions import evident_triggers, triggers
from clm.decisions.evident_triggers import EvidentObservation
from clm.decisions.triggers import Observation, Weighed
from clm.policy import Policy


def rule(policy: Policy) -> str:
    """Name and version of the rules by which a policy retrains."""
    return evident_triggers.RULE if policy.sequential else triggers.RULE


def weigh(seen: Observation, policy: Policy) -> Weighed | None:
    """What a policy makes of what is seen; None: nothing is due."""
    if isinstance(seen, EvidentObservation):
        return evident_triggers.weigh(seen, policy)
    return triggers.weigh(seen, policy)
