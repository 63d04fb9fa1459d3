"""XGBoost by its native interface, one thread, the same for a seed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.guide import UNGUIDED, Guide
from clm.learning.libraries import load
from clm.learning.parameters import refuse_unknown, xgboost_names
from clm.learning.trees import EXTRA, Trees, kept_trees, most_trees, native
from clm.steps.gauge import at_step, is_gauged

if TYPE_CHECKING:
    from numpy.typing import NDArray


class XGBoostModel(Trees):
    """Fitted XGBoost trees."""

    @classmethod
    def train(
        cls,
        x: NDArray[np.float32],
        y: NDArray[np.float64],
        params: Mapping[str, Any],
        seed: int,
        guide: Guide = UNGUIDED,
    ) -> XGBoostModel:
        """Fit to rows ``x`` (n, columns), NaN where unknown, and targets ``y`` (n,).

        Raises:
            ConfigurationError: the library refuses a parameter.
            MissingLibrary: xgboost is not installed.
        """
        xgboost = load("xgboost", EXTRA)
        refuse_unknown("xgboost", params, xgboost_names(xgboost))
        trees, patience = most_trees(params, guide)
        rest = {"tree_method": "hist", "seed": seed, **native(params), "nthread": 1, "verbosity": 0}
        bins, stops = {"nthread": 1, "max_bin": rest.get("max_bin", 256)}, {}
        try:
            data = xgboost.QuantileDMatrix(x, y, **bins)
            if guide.check is not None and patience:
                seen = xgboost.QuantileDMatrix(guide.check.windows[:, -1], guide.check.y, ref=data, **bins)
                stops = {"evals": [(seen, "check")], "early_stopping_rounds": patience, "verbose_eval": False}
            if guide.parent is not None:
                total = guide.parent._booster.num_boosted_rounds()
                kept = kept_trees(total)
                stops, trees = {"xgb_model": guide.parent._booster[:kept]}, total - kept
            told = _told(xgboost, trees) if is_gauged() else None
            booster = xgboost.train(rest, data, num_boost_round=trees, callbacks=told, **stops)
        except (xgboost.core.XGBoostError, TypeError) as error:
            raise ConfigurationError(f"xgboost refuses {dict(params)}: {_first_line(error)}") from error
        if "evals" in stops:
            booster = booster[: booster.best_iteration + 1]
        return cls(booster, settled={"trees": booster.num_boosted_rounds()})

    @classmethod
    def from_weights(cls, weights: bytes, _: Mapping[str, Any] | None = None) -> XGBoostModel:
        """The model of UBJSON weights.

        Raises:
            CorruptArtifact: they are none.
            MissingLibrary: xgboost is not installed.
        """
        xgboost = load("xgboost", EXTRA)
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(weights))
        except xgboost.core.XGBoostError as error:
            raise CorruptArtifact(f"not a model of xgboost: {_first_line(error)}") from error
        booster.set_param({"nthread": 1, "verbosity": 0})
        return cls(booster, weights)

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, 1, columns)."""
        values: NDArray[np.float64] = self._booster.inplace_predict(windows[:, -1]).astype(np.float64)
        return values

    def one(self, window: NDArray[np.float32]) -> float:
        """The forecast of one window (1, columns), target units."""
        return float(self._booster.inplace_predict(window[-1:])[0])

    def contributions(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The library's own Shapley values (n, 1, columns), target units; with the mean they sum up."""
        rows = load("xgboost", EXTRA).DMatrix(windows[:, -1], nthread=1)
        values: NDArray[np.float64] = self._booster.predict(rows, pred_contribs=True).astype(np.float64)
        return values[:, None, :-1]

    def _written(self) -> bytes:
        return bytes(self._booster.save_raw(raw_format="ubj"))


def _told(xgboost: Any, trees: int) -> list[Any]:
    """The library's callback that moves the gauge, tree after tree."""
    made = count(1)

    class Told(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            losses = next((each for each in evals_log.get("check", {}).values()), [None])
            at_step(next(made), trees, losses[-1])
            return False

    return [Told()]


def _first_line(error: Exception) -> str:
    """A message without the stack that xgboost appends."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
