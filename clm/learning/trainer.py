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
from clm.learning.calibration import UNSHRUNK, shrinkage
from clm.learning.features import NAIVE_NOW, SERIES_NOW
from clm.learning.fitted import Fitted
from clm.learning.frames import by_symbol
from clm.learning.guide import UNGUIDED, Check, Guide
from clm.learning.libraries import versions
from clm.learning.network_parameters import INPUT_SIZE, Setting
from clm.learning.neural import NeuralModel, NHITSModel, PatchTSTModel
from clm.learning.parameters import whole
from clm.learning.validation import validation
from clm.model import ModelType
from clm.ports import FeatureEngineer

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MIN_ROWS = 50
"""Rows with a known target below which a fit is refused."""

BOOSTERS: Mapping[ModelType, type[XGBoostModel | LightGBMModel]] = {
    ModelType.XGBOOST: XGBoostModel,
    ModelType.LIGHTGBM: LightGBMModel,
}
NETWORKS: Mapping[ModelType, type[NeuralModel]] = {
    ModelType.NHITS: NHITSModel,
    ModelType.PATCHTST: PatchTSTModel,
}


@dataclass(frozen=True)
class Rows:
    """What a fit is made of."""

    x: NDArray[np.float32]  # (n, columns)
    y: NDArray[np.float64]  # (n,) target units, all known
    frame: pd.DataFrame  # the same rows

    def where(self, mask: NDArray[np.bool_]) -> Rows:
        """Those of a mask (n,)."""
        return Rows(np.ascontiguousarray(self.x[mask]), self.y[mask], self.frame[mask])

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

    Rows without a target are dropped. Fits are the same for the same rows, parameters and seed. The bundle of
    a first fit says what it settled; ``refit`` repeats that on all rows.

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
        """Fit to all but the newest rows, which tell when to stop and how far to trust the model.

        Raises, as all four:
            InsufficientData: too few rows.
            ConfigurationError: a parameter is refused.
            MissingLibrary: the model's library is not installed.
        """
        return self._fit(ModelType.XGBOOST, df, params)

    def train_lightgbm(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._fit(ModelType.LIGHTGBM, df, params)

    def train_nhits(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._fit(ModelType.NHITS, df, params)

    def train_patchtst(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        return self._fit(ModelType.PATCHTST, df, params)

    def refit(
        self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any], settled: Bundle
    ) -> Bundle:
        """Fit to every row, by what an earlier fit of the same recipe settled.

        Raises:
            As the four above.
        """
        rows = self._rows(df)
        model = self._model(model_type, rows, params, Guide(settled=settled.settled or None))
        return self._bundle(model_type, rows, params, model, settled.shrink)

    def _fit(self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any]) -> Bundle:
        """Fit to all but the newest rows, which tell when to stop and how far to trust the model."""
        rows, size = self._rows(df), self._input_size(model_type, params)
        apart = validation(rows.frame, self._columns, size, self._horizon)
        if apart is None:  # too few rows: nothing is settled
            return self._bundle(
                model_type, rows, params, self._model(model_type, rows, params, UNGUIDED), UNSHRUNK
            )
        learned = rows.where(apart.learned)
        model = self._model(model_type, learned, params, Guide(check=apart.check))
        return self._bundle(model_type, learned, params, model, self._shrink(model, apart.check))

    def _model(self, model_type: ModelType, rows: Rows, params: Mapping[str, Any], guide: Guide) -> Fitted:
        if model_type in BOOSTERS:
            return BOOSTERS[model_type].train(rows.x, rows.y, params, self._seed, guide)
        if SERIES_NOW not in self._columns:
            raise MissingFeatures(
                f"{model_type.value} learns from the feature {SERIES_NOW}, which the engineer does not "
                f"make; it makes {', '.join(self._columns)}"
            )
        column = self._columns.index(SERIES_NOW)
        series = {symbol: rows.x[part, column] for symbol, part in by_symbol(rows.frame).items()}
        setting = Setting(column, self._horizon, self._seed)
        return NETWORKS[model_type].train(series, params, setting, guide)

    def _input_size(self, model_type: ModelType, params: Mapping[str, Any]) -> int:
        """Rows of a window."""
        return whole(params, "input_size", INPUT_SIZE) if model_type in NETWORKS else 1

    def _shrink(self, model: Fitted, check: Check) -> float:
        """How far to trust a model, by rows that it did not learn from; fully where naive is not seen."""
        if NAIVE_NOW not in self._columns:
            return UNSHRUNK
        naive = check.windows[:, -1, self._columns.index(NAIVE_NOW)].astype(np.float64)
        return shrinkage(model.predict(check.windows), naive, check.y)

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

    def _bundle(
        self, model_type: ModelType, rows: Rows, params: Mapping[str, Any], model: Fitted, shrink: float
    ) -> Bundle:
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
            shrink=shrink,
            settled=dict(model.settled),
        )
