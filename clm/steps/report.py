"""The report of one cycle of the facade, from what each of its steps left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clm.decisions.promotion import REJECT, UNDECIDED, Ruling
from clm.model import CycleReport, ModelType, RetrainTrigger


@dataclass(frozen=True)
class Cycle:
    """What happened, by model type."""

    due: Mapping[ModelType, RetrainTrigger]
    trained: list[ModelType]
    promoted: list[ModelType]
    failed: list[ModelType]
    rulings: Mapping[ModelType, Ruling]

    def report(self, started_at: datetime, seconds: float) -> CycleReport:
        """As the seed reports it; the one trigger is the first by priority."""
        return CycleReport(
            started_at=started_at,
            trigger=next((each for each in RetrainTrigger if each in self.due.values()), None),
            trained_models=self.trained,
            promoted_models=self.promoted,
            failed_models=self.failed,
            total_duration_seconds=seconds,
            rejected_models=self._ruled(REJECT),
            undecided_models=self._ruled(UNDECIDED),
            triggers=self.due,
            reasons={each: ruling.reason for each, ruling in self.rulings.items()},
        )

    def _ruled(self, result: str) -> list[ModelType]:
        """Those with this ruling that were not promoted all the same, by an override."""
        ruled = [each for each, ruling in self.rulings.items() if ruling.result == result]
        return [each for each in ruled if each not in self.promoted]
