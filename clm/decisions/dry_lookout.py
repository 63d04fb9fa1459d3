"""The lookout of a dry run: what a policy beside the acting one would have decided, and by its own calendar.

Nobody carries its retrains out. So one that it decides counts as done at that moment, at the cost of the
model type's last real training; and the acting policy's trainings, which it did not ask for, move neither its
calendar nor its count of new bars. Which version is active, and how well it does, is what really happened.
"""

from __future__ import annotations

import math

from clm.decisions.candidate import Candidate
from clm.decisions.lookout import Lookout
from clm.decisions.triggers import Observation
from clm.events import Moved, Run, Verdict
from clm.model import ModelType


class DryLookout(Lookout):
    """Knows of each model type what the acting lookout does, but for the runs."""

    def opened(self, model_type: ModelType, run: str, seen: Observation) -> None:
        """A retrain was decided: it is done."""
        super().opened(model_type, run, seen)
        self.memory[model_type].trained(None, seen.clock, math.nan)
        self._ended(model_type, seen.clock, self._budget.cost(model_type.value))
        self._changed(model_type)

    def asked_back(self, model_type: ModelType, run: str, version: str) -> None:
        """A version was asked back: nobody scores it, so that it counts as the answer to its regime."""
        super().asked_back(model_type, run, version)
        memory = self.memory[model_type]
        memory.came_back(None)
        memory.regime = self.regimes.current
        self._changed(model_type)

    def progressed(self, event: Run | Verdict | Moved) -> None:
        """A real run, trial or route went on; of a run only what it brought and what it took is heard."""
        if not isinstance(event, Run):
            super().progressed(event)
            return
        memory = self.memory.get(ModelType(event.model_type))
        self._budget.took(event.model_type, event.cpu_seconds)
        if memory is not None and event.phase == "candidate" and event.recalled is None:
            made = Candidate.announced(event)
            memory.known(made.version, None, made.judged().directional_accuracy, made.decay())
