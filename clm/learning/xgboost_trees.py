"""XGBoost by its native interface, one thread, the same for a seed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.anchor import Anchor, anchor_of
from clm.learning.guide import UNGUIDED, Guide
from clm.learning.libraries import load
from clm.learning.parameters import refuse_unknown, xgboost_names
from clm.learning.trees import EXTRA, OURS, Trees, kept_trees, most_trees, native, over, settled
from clm.steps.gauge import at_step, is_gauged

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIFTING = ("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror")
"""Objectives that only look at how far a forecast lies from its target, the library's default first."""


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
        refuse_unknown("xgboost", params, xgboost_names(xgboost) | {*OURS})
        trees, patience = most_trees(params, guide)
        shifting = params.get("objective", SHIFTING[0]) in SHIFTING
        anchor = anchor_of("xgboost", x, y, params, guide, shifting)
        rest = {"tree_method": "hist", "seed": seed, **native(params), "nthread": 1, "verbosity": 0}
        bins, stops = {"nthread": 1, "max_bin": rest.get("max_bin", 256)}, {}
        try:
            data = xgboost.QuantileDMatrix(x, over(anchor, x, y), **bins)
            if guide.check is not None and patience:
                checked = guide.check.windows[:, -1]
                due = over(anchor, checked, guide.check.y)
                seen = xgboost.QuantileDMatrix(checked, due, ref=data, **bins)
                stops = {"evals": [(seen, "check")], "early_stopping_rounds": patience, "verbose_eval": False}
            if guide.parent is not None:
                total = guide.parent._booster.num_boosted_rounds()
                kept = kept_trees(total)
                stops, trees = {"xgb_model": guide.parent._booster[:kept]} if kept else {}, total - kept
            told = _told(xgboost, trees) if is_gauged() else None
            booster = xgboost.train(rest, data, num_boost_round=trees, callbacks=told, **stops)
        except (xgboost.core.XGBoostError, TypeError) as error:
            raise ConfigurationError(f"xgboost refuses {dict(params)}: {_first_line(error)}") from error
        if "evals" in stops:
            booster = booster[: booster.best_iteration + 1]
        return cls(booster, anchor, settled=settled(booster.num_boosted_rounds(), anchor))

    @classmethod
    def from_weights(cls, weights: bytes, facts: Mapping[str, Any]) -> XGBoostModel:
        """The model of UBJSON weights, and of what they do not say.

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
        return cls(booster, Anchor.restored(facts), weights)

    def _said(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._booster.inplace_predict(rows).astype(np.float64)
        return values

    def _said_of(self, window: NDArray[np.float32]) -> float:
        return float(self._booster.inplace_predict(window[-1:])[0])

    def _parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        seen = load("xgboost", EXTRA).DMatrix(rows, nthread=1)
        values: NDArray[np.float64] = self._booster.predict(seen, pred_contribs=True).astype(np.float64)
        return values[:, :-1]

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
