"""The tally: what the decision log says in numbers, by model type. Counted from the first decision on."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from clm.decisions import shadow
from clm.decisions.moves import ABORTED
from clm.decisions.promotion import PROMOTE, REJECT
from clm.events import HOUR, SECOND
from clm.records import PROMOTED, REGISTRY, ROLLED_BACK, Decision


class Tally:
    """Counts decisions as they are read; every count is by model type."""

    def __init__(self) -> None:
        self.promotions: Counter[str] = Counter()  # moves to a candidate or by hand
        self.rollbacks: Counter[str] = Counter()
        self.aborts: Counter[str] = Counter()  # canaries that were taken off
        self.passed: Counter[str] = Counter()  # verdicts that promote
        self.rejections: Counter[str] = Counter()
        self.shadow_seconds: defaultdict[str, list[float]] = defaultdict(list)  # event time, ended trials

    def apply(self, decision: Decision) -> None:
        """Count one decision."""
        name = decision.model_type
        match decision.role, decision.kind:
            case (role, kind) if (role, kind) == (REGISTRY, PROMOTED):
                self.promotions[name] += 1
            case (role, kind) if (role, kind) == (REGISTRY, ROLLED_BACK):
                self.rollbacks[name] += 1
            case (role, kind) if (role, kind) == (REGISTRY, ABORTED):
                self.aborts[name] += 1
            case (role, kind) if role == shadow.ROLE and kind in (PROMOTE, REJECT):
                (self.passed if kind == PROMOTE else self.rejections)[name] += 1
                self._shadowed(name, decision.evidence.get("shadow"))

    def promotion_ratio(self, name: str) -> float | None:
        """Share of judged candidates that passed; None before the first."""
        judged = self.passed[name] + self.rejections[name]
        return self.passed[name] / judged if judged else None

    def _shadowed(self, name: str, trial: Any) -> None:
        """A verdict on the evaluation alone had no trial."""
        if trial:
            self.shadow_seconds[name].append(trial["tested_hours"] * (HOUR // SECOND))
