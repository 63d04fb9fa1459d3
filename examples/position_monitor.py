"""The specification's performance-triggered retraining, called from a position monitor."""

from __future__ import annotations

import logging

from clm import ContinuousLearningManager, CycleReport, ModelType

logger = logging.getLogger(__name__)


class PositionMonitor:
    """Watches how often a model's direction was right, and retrains it when that falls too low.

    Args:
        threshold: fraction; below it a retrain is asked for.
        window: forecasts behind the accuracy.
    """

    def __init__(
        self, clm: ContinuousLearningManager, model_type: ModelType, threshold: float, window: int = 100
    ) -> None:
        self._clm, self._model_type = clm, model_type
        self._threshold, self._window = threshold, window
        self._hits: list[bool] = []

    def closed(self, hit: bool) -> CycleReport | None:
        """A position closed, with its direction right or wrong; the cycle's report if that began one."""
        self._hits = [*self._hits, hit][-self._window :]
        accuracy = sum(self._hits) / len(self._hits)
        if len(self._hits) < self._window or accuracy >= self._threshold:
            return None
        logger.warning("accuracy %.3f is below %.3f: retraining", accuracy, self._threshold)
        self._hits = []
        return self._clm.run_full_cycle(models=[self._model_type], force=True)  # the gates hold all the same
