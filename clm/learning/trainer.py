"""The default trainer: fits the four models to a training frame by their native interfaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import MissingFeatures
from clm.learning.bundle import KINDS, Bundle
from clm.learning.calibration import UNSHRUNK, shrinkage
from clm.learning.ensemble import EnsembleModel, clipped, members_of
from clm.learning.features import NAIVE_NOW, SERIES_NOW
from clm.learning.fitted import Fitted
from clm.learning.frames import by_symbol, predict_rows
from clm.learning.guide import UNGUIDED, Check, Guide
from clm.learning.libraries import versions
from clm.learning.lightgbm_trees import LightGBMModel
from clm.learning.network_parameters import INPUT_SIZE, Setting
from clm.learning.neural import NeuralModel, NHITSModel, PatchTSTModel
from clm.learning.parameters import laid_over, whole
from clm.learning.rows import Rows, rows_of
from clm.learning.tuning import Fold, Search, folds, tuned
from clm.learning.validation import validation
from clm.learning.xgboost_trees import XGBoostModel
from clm.model import ModelType
from clm.ports import FeatureEngineer
from clm.steps.gauge import at_model
from clm.steps.warm import WARM_STARTS

if TYPE_CHECKING:
    import pandas as pd

BOOSTERS: Mapping[ModelType, type[XGBoostModel | LightGBMModel]] = {
    ModelType.XGBOOST: XGBoostModel,
    ModelType.LIGHTGBM: LightGBMModel,
}
NETWORKS: Mapping[ModelType, type[NeuralModel]] = {
    ModelType.NHITS: NHITSModel,
    ModelType.PATCHTST: PatchTSTModel,
}

SEED = "seed"
"""Parameter of every model type, in place of the trainer's own seed."""


class NativeTrainer:
    """Fits each model type; what it returns is a bundle, ready to forecast and to be packed.

    Rows without a target are dropped. Fits are the same for the same rows, parameters and seed. The bundle of
    a first fit says what it settled; ``refit`` repeats that on all rows.

    Parameters:
        engineer: made the frames; ``target``, ``horizon`` and ``schema`` are taken from it if it has
            them.
        seed: of every fit whose parameters do not name their own.
    """

    takes_seeds = True  # a parameter ``seed`` makes another equal training

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

    def train_ensemble(self, df: pd.DataFrame, params: dict[str, Any]) -> Bundle:
        """The base models of ``members``, weighed on the newest rows."""
        return self._fit(ModelType.ENSEMBLE, df, params)

    def refit(
        self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any], settled: Bundle
    ) -> Bundle:
        """Fit to every row, by what an earlier fit of the same recipe settled.

        Raises:
            As the four above.
        """
        rows, recipe = rows_of(df, self._columns), laid_over(params, settled.tuned)
        model = self._model(model_type, rows, recipe, Guide(settled=settled.settled or None))
        return replace(self._bundle(model_type, rows, params, model, settled.shrink), tuned=settled.tuned)

    def warm(
        self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any], parent: Bundle
    ) -> Bundle:
        """Go on from a model to one of the same size; what the parent settled is inherited.

        Raises:
            As the four above.
        """
        rows, guide = rows_of(df, self._columns), Guide(parent=parent.model, settled=parent.settled)
        model, on = (
            self._model(model_type, rows, laid_over(params, parent.tuned), guide),
            parent.generation + 1,
        )
        made = self._bundle(model_type, rows, params, model, parent.shrink)
        return replace(made, settled=parent.settled, tuned=parent.tuned, generation=on)

    def objection(self, model_type: ModelType, params: Mapping[str, Any], parent: Any) -> str:
        """Why no fit goes on from this model; empty if one may."""
        if not isinstance(parent, Bundle) or parent.model_type is not model_type:
            return "the active model was made by another trainer"
        if model_type is ModelType.ENSEMBLE:
            return "an ensemble begins anew"
        if parent.generation >= whole(params, WARM_STARTS, 1):
            return (
                f"{parent.generation} fits went on from one another already, as many as {WARM_STARTS} allows"
            )
        mine = (*self._subject(), self._columns, dict(params))
        theirs = (parent.schema, parent.target, parent.naive, parent.horizon, parent.columns, parent.params)
        return "" if mine == theirs else "the active model was made by another recipe"

    def _fit(self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any]) -> Bundle:
        """Fit by the parameters given, or by what a search among these rows makes of them."""
        search = Search.of(model_type, params, int(params.get(SEED, self._seed)))
        if search is None:
            return self._settling(model_type, df, laid_over(params, {}))
        parts = folds(rows_of(df, self._columns).frame, search.folds, self._horizon)
        found = tuned(search, laid_over(params, {}), parts, partial(self._loss, model_type))
        made = self._settling(model_type, df, laid_over(params, found))
        return replace(made, params=dict(params), tuned=found)

    def _loss(self, model_type: ModelType, params: Mapping[str, Any], fold: Fold) -> float:
        """The mean absolute error of a fit on the rows of a fold that come after it, target units."""
        said = predict_rows(self._settling(model_type, fold.train, params), fold.frame, fold.scored)
        return float(np.nanmean(np.abs(said - fold.frame["target"].to_numpy(dtype=np.float64)[fold.scored])))

    def _settling(self, model_type: ModelType, df: pd.DataFrame, params: Mapping[str, Any]) -> Bundle:
        """Fit to all but the newest rows, which tell when to stop and how far to trust the model."""
        rows, size = rows_of(df, self._columns), self._input_size(model_type, params)
        apart = validation(rows.frame, self._columns, size, self._horizon)
        if apart is None:  # too few rows: nothing is settled
            return self._bundle(
                model_type, rows, params, self._model(model_type, rows, params, UNGUIDED), UNSHRUNK
            )
        learned = rows.where(apart.learned)
        model = self._model(model_type, learned, params, Guide(check=apart.check))
        return self._bundle(model_type, learned, params, model, self._shrink(model, apart.check))

    def _model(self, model_type: ModelType, rows: Rows, params: Mapping[str, Any], guide: Guide) -> Fitted:
        at_model(model_type.value)
        recipe = {name: value for name, value in params.items() if name not in (WARM_STARTS, SEED)}
        seed = int(params.get(SEED, self._seed))
        if model_type is ModelType.ENSEMBLE:
            members = {each: {SEED: seed, **own} for each, own in self._members(params).items()}
            return self._ensemble(rows, members, guide)
        if model_type in BOOSTERS:
            naive = self._columns.index(NAIVE_NOW) if NAIVE_NOW in self._columns else None
            return BOOSTERS[model_type].train(rows.x, rows.y, recipe, seed, replace(guide, naive=naive))
        if SERIES_NOW not in self._columns:
            raise MissingFeatures(
                f"{model_type.value} learns from the feature {SERIES_NOW}, which the engineer does not "
                f"make; it makes {', '.join(self._columns)}"
            )
        column = self._columns.index(SERIES_NOW)
        series = {symbol: rows.x[part, column] for symbol, part in by_symbol(rows.frame).items()}
        setting = Setting(column, self._horizon, seed)
        return NETWORKS[model_type].train(series, recipe, setting, guide)

    def _ensemble(self, rows: Rows, members: Mapping[str, Mapping[str, Any]], guide: Guide) -> Fitted:
        if NAIVE_NOW not in self._columns:
            raise MissingFeatures(
                f"an ensemble stands on the feature {NAIVE_NOW}, which the engineer does not make; it makes "
                f"{', '.join(self._columns)}"
            )

        def fit(each: ModelType, own: Mapping[str, Any], help_: Guide) -> Fitted:
            check = clipped(help_.check, self._input_size(each, own))
            return self._model(each, rows, own, replace(help_, check=check))

        return EnsembleModel.train(members, fit, self._columns.index(NAIVE_NOW), guide)

    def _members(self, params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        return members_of({name: value for name, value in params.items() if name not in (WARM_STARTS, SEED)})

    def _input_size(self, model_type: ModelType, params: Mapping[str, Any]) -> int:
        """Rows of a window."""
        if model_type is ModelType.ENSEMBLE:
            return max(self._input_size(ModelType(each), own) for each, own in self._members(params).items())
        return whole(params, "input_size", INPUT_SIZE) if model_type in NETWORKS else 1

    def _shrink(self, model: Fitted, check: Check) -> float:
        """How far to trust a model, by rows that it did not learn from; fully where naive is not seen."""
        if NAIVE_NOW not in self._columns:
            return UNSHRUNK
        naive = check.windows[:, -1, self._columns.index(NAIVE_NOW)].astype(np.float64)
        return shrinkage(model.predict(check.windows), naive, check.y, check.horizon)

    def _bundle(
        self, model_type: ModelType, rows: Rows, params: Mapping[str, Any], model: Fitted, shrink: float
    ) -> Bundle:
        schema, target, naive, horizon = self._subject()
        return Bundle(
            model_type=model_type,
            model=model,
            schema=schema,
            columns=self._columns,
            target=target,
            horizon=horizon,
            naive=naive,
            rows=len(rows.y),
            training_range=rows.span,
            data_digest=rows.digest,
            seed=int(params.get(SEED, params.get("random_seed", self._seed))),
            params=dict(params),
            libraries=versions(self._libraries(model_type, params)),
            shrink=shrink,
            settled=dict(model.settled),
        )

    def _libraries(self, model_type: ModelType, params: Mapping[str, Any]) -> list[str]:
        """Modules that a model type needs, an ensemble those of its members."""
        if model_type is not ModelType.ENSEMBLE:
            return [*KINDS[model_type].libraries]
        return sorted({name for each in self._members(params) for name in KINDS[ModelType(each)].libraries})

    def _subject(self) -> tuple[str, str, str, int]:
        """Schema, target, rule of the naive forecast, and horizon in bars."""
        target = getattr(self._engineer, "target", None)
        return (
            str(getattr(self._engineer, "schema", "features")),
            str(getattr(target, "name", "target")),
            str(getattr(target, "naive", "zero")),
            self._horizon,
        )
