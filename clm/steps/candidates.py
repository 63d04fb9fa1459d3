"""Candidates of the facade: trained from a frame, judged once, named by when they were trained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from clm.model import NAIVE, EvaluationResult, ModelArtifact, ModelType, version_name
from clm.ports import LOOKED_THROUGH, ModelRegistry
from clm.steps import training
from clm.steps.workshop import Workshop

if TYPE_CHECKING:
    import pandas as pd


class Candidates:
    """Trains and judges candidates beside what a registry says is active."""

    def __init__(self, workshop: Workshop, registry: ModelRegistry) -> None:
        self._workshop, self._registry = workshop, registry
        # of each type's newest training: (candidate, active version) -> what was found
        self._judged: dict[ModelType, tuple[tuple[str, str], EvaluationResult]] = {}

    def train(self, model_type: ModelType, frame: pd.DataFrame, as_of: datetime) -> ModelArtifact:
        """A candidate from a frame of features; it is judged already, but not yet registered.

        Raises:
            ClmError: too few rows, or the trainer or evaluator raised.
        """
        parts = training.split(frame, self._workshop)
        active = self._registry.get_active(model_type)
        version, parent = self._free_version(model_type, as_of), active.version if active else None
        history = self._registry.get_model_history(model_type, limit=LOOKED_THROUGH)
        floor = training.recipe_floor(model_type, history, self._workshop)
        order = training.Order(model_type, version, as_of, parent=parent, floor=floor)
        artifact, result = training.candidate(order, parts, self._workshop, active)
        self._judged[model_type] = (version, parent or NAIVE), result
        return artifact

    def known(self, artifact: ModelArtifact) -> EvaluationResult | None:
        """What the newest training of its type found, if it was this one's."""
        (version, _), result = self._judged.get(artifact.model_type, (("", ""), None))
        return result if version == artifact.version else None

    def judge(self, artifact: ModelArtifact, load: Callable[[], pd.DataFrame]) -> EvaluationResult:
        """What its training found, or, if the active version is another one by now, judged anew.

        Parameters:
            load: a frame of features, called where it is needed.
        """
        active = self._registry.get_active(artifact.model_type)
        key, known = (artifact.version, active.version if active else NAIVE), self._judged
        if artifact.model_type in known and known[artifact.model_type][0] == key:
            return known[artifact.model_type][1]
        parts = training.split(load(), self._workshop)
        return training.judge(artifact, parts, self._workshop, active)

    def _free_version(self, model_type: ModelType, trained_at: datetime) -> str:
        name = version_name(trained_at)
        taken = {a.version for a in self._registry.get_model_history(model_type, limit=LOOKED_THROUGH)}
        names = (name if k == 1 else f"{name}_{k}" for k in range(1, len(taken) + 2))
        return next(each for each in names if each not in taken)
