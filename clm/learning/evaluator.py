"""The default evaluator: a model's forecasts of the held-out rows, measured by the pure arithmetic."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.decisions.evaluation import compare, measure
from clm.errors import ConfigurationError
from clm.events import EPOCH, moment
from clm.learning.frames import predict_rows
from clm.learning.naive import NaiveModel
from clm.model import EvaluationResult, ModelType
from clm.ports import FeatureEngineer

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

UNCOMPARED = float("nan")


class HoldoutEvaluator:
    """Scores the rows marked ``scored`` (all without that column) whose target and naive are known.

    A row that the model cannot forecast, for lack of context or because it gave no number, takes the
    naive forecast, as it would at the trader. So two models are always judged on the same rows.

    Parameters:
        engineer: made the frames; names the columns of a model that does not, and the horizon, by which
            overlapping targets widen the significance test.
    """

    def __init__(self, engineer: FeatureEngineer) -> None:
        self._columns = tuple(engineer.get_feature_names())
        self._horizon = int(getattr(engineer, "horizon", 1))  # bars

    def evaluate(self, model: Any, df: pd.DataFrame, model_type: ModelType) -> EvaluationResult:
        """Every metric of a model; None and ``NaiveModel`` are the naive forecast itself.

        Parameters:
            df: as the engineer made it: ``target``, and where they exist ``naive`` (else zero),
                ``scored``, ``regime`` and ``at``.

        Returns:
            The result, nameless (``version`` is empty) and as of the newest row.

        Raises:
            InsufficientData: no row can be scored.
            ConfigurationError: the model cannot forecast windows of rows.
        """
        outcome, naive = _column(df, "target"), _column(df, "naive")
        mask = np.isfinite(outcome) & np.isfinite(naive)
        if "scored" in df.columns:
            mask &= df["scored"].to_numpy(dtype=bool)
        value = _or_naive(self._forecasts(model, df, mask), naive[mask])
        regimes = df["regime"][mask].tolist() if "regime" in df.columns else None
        metrics = measure(value, naive[mask], outcome[mask], regimes)
        return EvaluationResult(
            model_type=model_type,
            version="",
            vs_active_rmse_delta=UNCOMPARED,
            vs_active_direction_delta=UNCOMPARED,
            evaluated_at=moment(int(df["at"][mask].max())) if "at" in df.columns else EPOCH,
            errors=value - outcome[mask],
            **asdict(metrics),
        )

    def compare_to_active(
        self, candidate_result: EvaluationResult, active_result: EvaluationResult
    ) -> EvaluationResult:
        """The candidate's result with its deltas against the active one's."""
        return compare(candidate_result, active_result, self._horizon)

    def _forecasts(self, model: Any, df: pd.DataFrame, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        if model is None or isinstance(model, NaiveModel):
            return _column(df, "naive")[mask]  # the column itself: the feature is rounded to float32
        if not all(hasattr(model, name) for name in ("predict", "input_size")):
            raise ConfigurationError(
                f"{type(model).__name__} is no model that this evaluator can ask: give it input_size and "
                "predict(windows), or pass an evaluator of your own"
            )
        return predict_rows(model, df, mask, self._columns)


def _or_naive(said: NDArray[np.float64], naive: NDArray[np.float64]) -> NDArray[np.float64]:
    """What was said, and naive where that is no number or says naive itself, which rows carry as float32."""
    silent = ~np.isfinite(said) | (said.astype(np.float32) == naive.astype(np.float32))
    return np.where(silent, naive, said)


def _column(df: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column (rows,); zeros where the frame has none, which only ``naive`` may lack."""
    if name == "naive" and name not in df.columns:
        return np.zeros(len(df))
    values: NDArray[np.float64] = df[name].to_numpy(dtype=np.float64)
    return values
