"""The trainer: the seed's four methods over the native libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import InsufficientData
from clm.learning.boosting import fit_lightgbm, fit_xgboost
from clm.learning.features import SERIES, TechnicalFeatures
from clm.learning.neural import fit_nhits, fit_patchtst

if TYPE_CHECKING:
    import pandas as pd

LEAST_ROWS = 50


class NativeTrainer:
    """Fits the four model types on training frames.

    Parameters:
        engineer: made the frames; names the features and the horizon.
        seed: of every fit; the same frame, parameters and seed give the same model.
    """

    def __init__(self, engineer: TechnicalFeatures, seed: int = 1) -> None:
        self._engineer, self._seed = engineer, seed

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        """An XGBoostModel. Raises InsufficientData, MissingLibrary."""
        return fit_xgboost(*self._rows(df), params, self._seed)

    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        """A LightGBMModel. Raises InsufficientData, MissingLibrary."""
        return fit_lightgbm(*self._rows(df), params, self._seed)

    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        """A NeuralModel. Raises InsufficientData, ConfigurationError, MissingLibrary."""
        return fit_nhits(df, params, self._seed, self._column, self._engineer.horizon)

    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Any:
        """A NeuralModel. Raises InsufficientData, ConfigurationError, MissingLibrary."""
        return fit_patchtst(df, params, self._seed, self._column, self._engineer.horizon)

    @property
    def _column(self) -> int:
        return self._engineer.get_feature_names().index(SERIES)

    def _rows(self, df: pd.DataFrame) -> tuple[Any, Any]:
        """Features (n, f) float32 and targets (n,) of the rows whose target is known."""
        y = df["target"].to_numpy(dtype=np.float64)
        known = np.isfinite(y)
        if known.sum() < LEAST_ROWS:
            raise InsufficientData(
                f"{int(known.sum())} rows have a known target, at least {LEAST_ROWS} are needed: lengthen "
                "training_lookback_days"
            )
        x = df[self._engineer.get_feature_names()].to_numpy(dtype=np.float32)
        return np.ascontiguousarray(x[known]), y[known]
