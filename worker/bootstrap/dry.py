"""Dry runs: a policy beside the acting one, whose decisions are recorded and carried out by nobody."""

from __future__ import annotations

from dataclasses import asdict, replace

from clm.decisions import shadow as shadow_role
from clm.decisions import watch as watcher_role
from clm.decisions.dry_lookout import DryLookout
from clm.decisions.watch import WatcherFold
from clm.policy import Policy
from clm.ports import Fence
from clm.records import Decision, digest
from clm.steps.consume import Consumer
from clm.steps.history import START
from clm.store.decision_log import StreamDecisionLog
from clm.store.ownership import FencedCheckpoints, HashProgress, LeaseOwnership
from worker.bootstrap.roles import shadow_fold, streams
from worker.stage import Stage

ALL = 1_000_000
"""More than any log holds."""

DIGITS = 12
"""Of the digest of a policy, by which its dry run is told from that of another."""


def dry_stage(stage: Stage, policy: Policy) -> Stage:
    """The stage with a log, checkpoints and leases that only this policy's dry run has; all else is shared.

    A policy with other thresholds has others: it begins anew.
    """
    space, keys = stage.space, stage.keys.dry(digest(asdict(policy))[:DIGITS])
    return replace(
        stage,
        decisions=StreamDecisionLog(space, keys),
        checkpoints=FencedCheckpoints(space, keys),
        ownership=LeaseOwnership(space, keys),
        progress=HashProgress(space, keys),
    )


def dry_decisions(stage: Stage, policy: Policy) -> list[Decision]:
    """What a policy would have decided so far, oldest first."""
    return [decision for _, decision in dry_stage(stage, policy).decisions.read(START, ALL)]


def dry_watcher(stage: Stage, policy: Policy, fence: Fence | None = None) -> Consumer:
    """What the watcher would decide by a policy."""
    fold = WatcherFold(stage.scope, policy, DryLookout)
    reads = replace(streams(dry_stage(stage, policy), policy), joins=True)
    return Consumer(watcher_role.ROLE, fold, reads, fence=fence)


def dry_shadow(stage: Stage, policy: Policy, fence: Fence | None = None) -> Consumer:
    """What the shadow would decide by a policy; it announces nothing and marks nobody."""
    reads = replace(streams(dry_stage(stage, policy), policy), joins=True)
    return Consumer(shadow_role.ROLE, shadow_fold(stage, policy), reads, fence=fence)
