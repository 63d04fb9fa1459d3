"""Orders: the watcher's decisions with their evidence, chained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clm.decisions.triggers import RULE, Fired, Observation
from clm.events import Command
from clm.records import Decision, Head

ROLE = "watcher"


@dataclass(frozen=True)
class Finding:
    """What the triggers of one model type found at one entry."""

    seen: Observation
    found: Sequence[Fired]  # at least one, first by priority
    command: Command | None  # the operator's, if this answers one


class Orders:
    """Writes findings down.

    Parameters:
        policy: its name.
    """

    def __init__(self, policy: str) -> None:
        self.head = Head()
        self._policy = policy

    def record(
        self, kind: str, finding: Finding, reason: str, regimes: Sequence[Sequence[Any]] = ()
    ) -> Decision:
        """The next decision.

        Parameters:
            kind: ``retrain`` or ``suppressed``.
            regimes: the changes of regime ([at in µs, label]) that a training is to know.
        """
        seen, first, command = finding.seen, finding.found[0], finding.command
        decision = self.head.chain(
            Decision(
                role=ROLE,
                kind=kind,
                at=seen.clock,
                model_type=seen.model_type.value,
                version=seen.active,
                trigger=first.trigger.value,
                reason=reason,
                statistic=first.statistic,
                limit=first.limit,
                counts={"pairs": seen.pairs, "new_points": seen.new_points},
                evidence={
                    "fired": [[f.trigger.value, f.statistic, f.limit, f.reason] for f in finding.found],
                    "observation": dict(vars(seen)),
                    "regimes": [list(change) for change in regimes],
                },
                policy=self._policy,
                rule=RULE,
                actor=(command.actor or command.p) if command else "clm",
                cause=seen.command or "",
            )
        )
        self.head = self.head.after(decision)
        return decision
