"""LightGBM by its native interface, one thread, the same for a seed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.anchor import Anchor, anchor_of
from clm.learning.guide import UNGUIDED, Guide
from clm.learning.libraries import load
from clm.learning.parameters import lightgbm_names, refuse_unknown
from clm.learning.single_row import SingleRow
from clm.learning.trees import EXTRA, OURS, Trees, kept_trees, most_trees, native, over, settled
from clm.steps.gauge import at_step, is_gauged

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_LEAVES = 131_072
"""LightGBM's own limit of ``num_leaves``."""

SHIFTING = tuple(
    "regression regression_l2 l2 mean_squared_error mse l2_root root_mean_squared_error rmse"
    " regression_l1 l1 mean_absolute_error mae huber fair quantile".split()
)
"""Objectives that only look at how far a forecast lies from its target, the library's default first."""


class LightGBMModel(Trees):
    """Fitted LightGBM trees."""

    @classmethod
    def train(
        cls,
        x: NDArray[np.float32],
        y: NDArray[np.float64],
        params: Mapping[str, Any],
        seed: int,
        guide: Guide = UNGUIDED,
    ) -> LightGBMModel:
        """Fit to rows ``x`` (n, columns), NaN where unknown, and targets ``y`` (n,).

        Raises:
            ConfigurationError: the library refuses a parameter.
            MissingLibrary: lightgbm is not installed.
        """
        lightgbm = load("lightgbm", EXTRA)
        refuse_unknown("lightgbm", params, lightgbm_names(lightgbm) | {*OURS})
        trees, patience = most_trees(params, guide)
        anchor = anchor_of("lightgbm", x, y, params, guide, _is_shifting(lightgbm, params))
        rest, stops = lightgbm_params(params, seed), {}
        calls = [_told] if is_gauged() else []
        try:
            data = lightgbm.Dataset(x, over(anchor, x, y), params=rest)
            if guide.check is not None and patience:
                checked = np.ascontiguousarray(guide.check.windows[:, -1])
                seen = data.create_valid(checked, over(anchor, checked, guide.check.y))
                stops = {"valid_sets": [seen]}
                calls.append(lightgbm.early_stopping(patience, verbose=False))
            if guide.parent is not None:
                total = guide.parent._booster.current_iteration()
                kept = kept_trees(total)
                text = guide.parent._booster.model_to_string(num_iteration=kept)  # 0 would mean all
                stops = {"init_model": lightgbm.Booster(model_str=text)} if kept else {}
                trees = total - kept
            booster = lightgbm.train(rest, data, num_boost_round=trees, callbacks=calls, **stops)
        except lightgbm.basic.LightGBMError as error:
            raise ConfigurationError(f"lightgbm refuses {dict(params)}: {error}") from error
        if "valid_sets" in stops:  # its text holds the trees up to the best and no others
            booster = lightgbm.Booster(model_str=booster.model_to_string())
        return cls(booster.free_dataset(), anchor, settled=settled(booster.current_iteration(), anchor))

    @classmethod
    def from_weights(cls, weights: bytes, facts: Mapping[str, Any]) -> LightGBMModel:
        """The model of LightGBM's text, and of what it does not say.

        Raises:
            CorruptArtifact: it is none.
            MissingLibrary: lightgbm is not installed.
        """
        lightgbm = load("lightgbm", EXTRA)
        try:
            return cls(lightgbm.Booster(model_str=weights.decode()), Anchor.restored(facts), weights)
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
            raise CorruptArtifact(f"not a model of lightgbm: {error}") from error

    def _said(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._booster.predict(np.ascontiguousarray(rows), num_threads=1)
        return values

    def _said_of(self, window: NDArray[np.float32]) -> float:
        return self._single(window[-1])

    @cached_property
    def _single(self) -> SingleRow:
        return SingleRow(self._booster)

    def _parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        seen = np.ascontiguousarray(rows)
        values: NDArray[np.float64] = self._booster.predict(seen, num_threads=1, pred_contrib=True)
        return values[:, :-1]

    def _written(self) -> bytes:
        return bytes(self._booster.model_to_string(), "utf-8")


def _told(round_: Any) -> None:
    """The library's callback that moves the gauge, tree after tree."""
    losses = round_.evaluation_result_list  # (rows, metric, value, whether more is better)
    begin = round_.begin_iteration
    at_step(
        round_.iteration + 1 - begin, round_.end_iteration - begin, float(losses[0][2]) if losses else None
    )


def lightgbm_params(params: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Parameters that mean in LightGBM what the same names mean in XGBoost.

    ``subsample`` is inert without ``bagging_freq``, and 31 leaves would cap a tree of depth 7.

    >>> made = lightgbm_params({"max_depth": 7, "subsample": 0.8}, seed=1)
    >>> made["bagging_freq"], made["num_leaves"]
    (1, 127)
    """
    depth = int(params.get("max_depth", -1))
    leaves = {"num_leaves": min(2**depth - 1, MAX_LEAVES)} if depth > 1 else {}
    fixed = {"num_threads": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1}
    return {"bagging_freq": 1, "seed": seed, **leaves, **native(params), **fixed}


def _is_shifting(lightgbm: Any, params: Mapping[str, Any]) -> bool:
    """Whether the objective, by whichever of its names, only looks at how far a forecast lies away."""
    named = lightgbm.basic._choose_param_value("objective", dict(params), SHIFTING[0])["objective"]
    return named in SHIFTING
