"""Verdicts: the shadow's decisions with their evidence, chained."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clm.decisions.bout import Bout
from clm.decisions.candidate import shadow_fields
from clm.decisions.promotion import Ruling, rule
from clm.decisions.routes import Routes
from clm.decisions.ruling import UNWATCHED
from clm.model import ShadowTestResult
from clm.policy import JUDGED, Policy
from clm.records import Decision, Head

if TYPE_CHECKING:  # its statistics are compiled, so not before they are needed
    from clm.decisions.vigil import Vigil

ROLE = "shadow"

PROBATION_RULE = "sequential-probation-1"


class Verdicts:
    """Writes rulings down.

    Parameters:
        policy: names the rules.
    """

    def __init__(self, policy: Policy) -> None:
        self.head = Head()
        self._policy = policy

    def record(
        self, bout: Bout, ruling: Ruling, routes: Routes, at: int, shadow: ShadowTestResult | None
    ) -> Decision:
        """The next decision: what was ruled of a bout at an event clock (µs), and what it rests on."""
        candidate = bout.candidate
        decision = self.head.chain(
            Decision(
                role=ROLE,
                kind=ruling.result,
                at=at,
                model_type=bout.name,
                version=candidate.version,
                reason=ruling.reason,
                statistic=_finite(ruling.statistic),
                limit=_finite(ruling.limit),
                level=_finite(shadow.level) if shadow else None,
                counts={
                    "pairs": shadow.live_predictions if shadow else 0,
                    "effective": shadow.effective_outcomes if shadow else 0,
                    "unscored": bout.said.unscored,
                },
                evidence={
                    "active": routes.active(bout.name),
                    "epoch": routes.epoch(bout.name),
                    "evaluation": dict(candidate.evaluation),
                    "shadow": shadow_fields(shadow) if shadow else None,
                    "sha256": candidate.sha256,
                    **(bout.trial.receipt() if bout.trial else {}),
                    **self._terms(routes.first(bout.name)),
                },
                policy=self._policy.name,
                rule=bout.trial.rule if bout.trial else rule(self._policy),
                cause=candidate.run,
            )
        )
        self.head = self.head.after(decision)
        return decision

    def _terms(self, first: bool) -> dict[str, Any]:
        """What the rules of ``sequential`` asked for, so that they can be asked again."""
        return {"first": first, "thresholds": self._policy.told(JUDGED)} if self._policy.sequential else {}

    def released(self, vigil: Vigil, routes: Routes, at: int, fault: str) -> Decision:
        """The next decision: how a probation ended at an event clock (µs).

        Parameters:
            fault: why the replaced version can say no more; empty if it can.
        """
        standing, rules = vigil.probation.standing, vigil.probation.rules
        decision = self.head.chain(
            Decision(
                role=ROLE,
                kind=UNWATCHED if fault else vigil.ended(at),
                at=at,
                model_type=vigil.name,
                version=vigil.version,
                reason=f"{vigil.before} cannot be asked any more: {fault}" if fault else vigil.reason(at),
                statistic=_finite(standing.log_better),
                limit=_finite(rules.early_limit),
                level=rules.level,
                counts={"pairs": vigil.pairs, "unscored": vigil.said.unscored},
                evidence={
                    "before": vigil.before,
                    "epoch": routes.epoch(vigil.name),
                    "sha256": vigil.sha256,
                    "decided_by": vigil.probation.reason,
                    "probation": vigil.probation.state(),
                    "rules": asdict(rules),
                },
                policy=self._policy.name,
                rule=PROBATION_RULE,
                cause=vigil.cause,
            )
        )
        self.head = self.head.after(decision)
        return decision


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
