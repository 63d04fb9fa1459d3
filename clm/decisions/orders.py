"""Orders: the watcher's decisions with their evidence, chained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clm.decisions.triggers import Observation, Weighed
from clm.decisions.weighing import rule
from clm.events import Command
from clm.policy import Policy
from clm.records import AUTOMATION, Decision, Head

ROLE = "watcher"


@dataclass(frozen=True)
class Finding:
    """What the triggers of one model type found at one entry, and what is to be done."""

    seen: Observation
    weighed: Weighed
    command: Command | None  # the operator's, if this answers one


class Orders:
    """Writes findings down."""

    def __init__(self, policy: Policy) -> None:
        self.head = Head()
        self._policy = policy

    def record(self, finding: Finding, regimes: Sequence[Sequence[Any]] = ()) -> Decision:
        """The next decision.

        Parameters:
            regimes: the changes of regime ([at in µs, label]) that a training is to know.
        """
        seen, weighed, command = finding.seen, finding.weighed, finding.command
        first, thresholds = weighed.found[0], {}
        if self._policy.sequential:
            thresholds = {"thresholds": self._policy.thresholds(seen.model_type)}
        decision = self.head.chain(
            Decision(
                role=ROLE,
                kind=weighed.kind,
                at=seen.clock,
                model_type=seen.model_type.value,
                version=seen.active,
                trigger=first.trigger.value,
                reason=weighed.reason,
                statistic=first.statistic,
                limit=first.limit,
                counts={"pairs": seen.pairs, "new_points": seen.new_points},
                evidence={
                    "fired": [[f.trigger.value, f.statistic, f.limit, f.reason] for f in weighed.found],
                    "observation": dict(vars(seen)),
                    "regimes": [list(change) for change in regimes],
                    **({"recall": weighed.version} if weighed.version else {}),
                    **thresholds,
                },
                policy=self._policy.name,
                rule=rule(self._policy),
                actor=(command.actor or command.p) if command else AUTOMATION,
                cause=seen.command or "",
            )
        )
        self.head = self.head.after(decision)
        return decision
