"""The evaluator: a model on the held-out rows of a training frame."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.decisions.evaluation import compare, measure
from clm.errors import InsufficientData
from clm.events import moment
from clm.learning.features import TechnicalFeatures
from clm.learning.frames import predict_rows
from clm.model import EvaluationResult, ModelType

if TYPE_CHECKING:
    import pandas as pd


class HoldoutEvaluator:
    """Scores the rows marked ``scored`` (all rows without that column) whose target is known.

    Parameters:
        engineer: made the frames.
    """

    def __init__(self, engineer: TechnicalFeatures) -> None:
        self._engineer = engineer

    def evaluate(self, model: Any, df: pd.DataFrame, model_type: ModelType) -> EvaluationResult:
        """Every metric; the version is left empty, for the caller knows it.

        Raises:
            InsufficientData: no row can be scored.
        """
        target, naive = df["target"].to_numpy(np.float64), df["naive"].to_numpy(np.float64)
        mask = np.isfinite(target) & np.isfinite(naive)
        if "scored" in df.columns:
            mask &= df["scored"].to_numpy(dtype=bool)
        value = predict_rows(model, df, self._engineer.get_feature_names(), mask)
        seen = np.isfinite(value)
        if len(value) and not seen.any():
            raise InsufficientData(
                f"none of {len(value)} held-out rows has the {model.input_size} rows of history that "
                f"{model_type.value} looks at: lengthen training_lookback_days"
            )
        rows = np.flatnonzero(mask)[seen]
        regimes = df["regime"].to_numpy(dtype=object)[rows] if "regime" in df.columns else None
        metrics = measure(value[seen], naive[rows], target[rows], regimes)
        return EvaluationResult(
            model_type=model_type,
            version="",
            evaluated_at=moment(int(df["at"].max())),
            vs_active_rmse_delta=float("nan"),
            vs_active_direction_delta=float("nan"),
            errors=value[seen] - target[rows],
            **asdict(metrics),
        )

    def compare_to_active(
        self, candidate_result: EvaluationResult, active_result: EvaluationResult
    ) -> EvaluationResult:
        """The candidate's result with its deltas against the active one's."""
        return compare(candidate_result, active_result, self._engineer.horizon)
