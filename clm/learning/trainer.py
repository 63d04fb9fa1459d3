"""The default trainer: fits the four models to a training frame by their native interfaces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import InsufficientData, MissingFeatures
from clm.learning.boosting import LightGBMModel, XGBoostModel
from clm.learning.bundle import KINDS, Bundle
from clm.learning.features import SERIES_NOW
from clm.learning.fitted import Fitted
from clm.learning.frames import by_symbol
from clm.learning.libraries import versions
from clm.learning.neural import NeuralModel, NHITSModel, PatchTSTModel, Setting
from clm.model import ModelType
from clm.ports import FeatureEngineer

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MIN_ROWS = 50
"""Rows with a known target below which a fit is refused."""


@dataclass(frozen=True)
class Rows:
    """What a fit is made of."""

    x: NDArray[np.float32]  # (n, columns)
    y: NDArray[np.float64]  # (n,) target units, all known
    frame: pd.DataFrame  # the same rows

    @property
    def digest(self) -> str:
        """sha256 (hex) of features and targets."""
        return hashlib.sha256(self.x.tobytes() + self.y.tobytes()).hexdigest()

    @property
    def span(self) -> tuple[int, int]:
        """First and last bar close, µs UTC; (0, 0) where unknown."""
        if "at" not in self.frame.columns:
            return 0, 0
        return int(self.frame["at"].min()), int(self.frame["at"].max())


class NativeTrainer:
    """Fits each model type; what it returns is a bundle, ready to forecast and to be packed.

    Rows without a target are dropped. Fits are the same for the same rows, parameters and seed.

    Parameters:
        engineer: made the frames; ``target``, ``horizon`` and ``schema`` are taken from it if it has
            them.
        seed: of every fit whose parameters do not name their own.
    """

    def __init__(self, engineer: FeatureEngineer, seed: int = 1) -> None:
        self._engineer, self._seed = engineer, seed
        self._columns = tuple(engineer.get_feature_names())
        self._horizon = int(getattr(engineer, "horizon", 1))

    def train_xgboost(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        """Raises InsufficientData, ConfigurationError or MissingLibrary, as all four do."""
        rows = self._rows(df)
        model = XGBoostModel.train(rows.x, rows.y, params, self._seed)
        return self._bundle(ModelType.XGBOOST, rows, params, model)

    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        rows = self._rows(df)
        model = LightGBMModel.train(rows.x, rows.y, params, self._seed)
        return self._bundle(ModelType.LIGHTGBM, rows, params, model)

    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._network(ModelType.NHITS, NHITSModel, df, params)

    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._network(ModelType.PATCHTST, PatchTSTModel, df, params)

    def _network(
        self, model_type: ModelType, kind: type[NeuralModel], df: pd.DataFrame, params: Mapping[str, Any]
    ) -> Bundle:
        if SERIES_NOW not in self._columns:
            raise MissingFeatures(
                f"{model_type.value} learns from the feature {SERIES_NOW}, which the engineer does not "
                f"make; it makes {', '.join(self._columns)}"
            )
        rows = self._rows(df)
        column = self._columns.index(SERIES_NOW)
        series = {symbol: rows.x[part, column] for symbol, part in by_symbol(rows.frame).items()}
        model = kind.train(series, params, Setting(column, self._horizon, self._seed))
        return self._bundle(model_type, rows, params, model)

    def _rows(self, df: pd.DataFrame) -> Rows:
        known = np.isfinite(df["target"].to_numpy(dtype=np.float64))
        if known.sum() < MIN_ROWS:
            raise InsufficientData(
                f"{int(known.sum())} of {len(df)} rows have a known target; a fit needs {MIN_ROWS}: "
                "lengthen training_lookback_days or wait for more bars"
            )
        frame = df[known]
        x = np.ascontiguousarray(frame[list(self._columns)].to_numpy(dtype=np.float32))
        return Rows(x, frame["target"].to_numpy(dtype=np.float64), frame)

    def _bundle(self, model_type: ModelType, rows: Rows, params: Mapping[str, Any], model: Fitted) -> Bundle:
        target = getattr(self._engineer, "target", None)
        return Bundle(
            model_type=model_type,
            model=model,
            schema=str(getattr(self._engineer, "schema", "features")),
            columns=self._columns,
            target=str(getattr(target, "name", "target")),
            horizon=self._horizon,
            naive=str(getattr(target, "naive", "zero")),
            rows=len(rows.y),
            training_range=rows.span,
            data_digest=rows.digest,
            seed=int(params.get("seed", params.get("random_seed", self._seed))),
            params=dict(params),
            libraries=versions(KINDS[model_type].libraries),
        )
