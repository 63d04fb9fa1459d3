"""Verdicts: the shadow's decisions with their evidence, chained."""

from __future__ import annotations

import math

from clm.decisions.bout import Bout
from clm.decisions.candidate import shadow_fields
from clm.decisions.promotion import Ruling, rule
from clm.decisions.routes import Routes
from clm.model import ShadowTestResult
from clm.policy import Policy
from clm.records import Decision, Head

ROLE = "shadow"


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
                    "unscored": bout.unscored,
                },
                evidence={
                    "active": routes.active(bout.name),
                    "epoch": routes.epoch(bout.name),
                    "evaluation": dict(candidate.evaluation),
                    "shadow": shadow_fields(shadow) if shadow else None,
                    "sha256": candidate.sha256,
                    **(bout.trial.receipt() if bout.trial else {}),
                },
                policy=self._policy.name,
                rule=bout.trial.rule if bout.trial else rule(self._policy),
                cause=candidate.run,
            )
        )
        self.head = self.head.after(decision)
        return decision


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
