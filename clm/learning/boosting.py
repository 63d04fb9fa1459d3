"""The boosters: XGBoost and LightGBM by their native interfaces, one thread, the same for a seed.

The parameters are named as the specification names them, for both; ``n_estimators`` is the number of
trees, at most: with rows to check on, a fit ends when ``early_stopping_rounds`` trees brought nothing, and
keeps those up to the best. Any other parameter goes to the library as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.guide import UNGUIDED, Guide
from clm.learning.libraries import load
from clm.learning.parameters import lightgbm_names, refuse_unknown, whole, xgboost_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRA = "trees"
TREES = 100
"""Trees where ``n_estimators`` is not given."""

PATIENCE = 50
"""Trees without a gain before a fit stops, where ``early_stopping_rounds`` is not given; 0 never stops."""

MAX_LEAVES = 131_072
"""LightGBM's own limit of ``num_leaves``."""


class XGBoostModel:
    """Fitted XGBoost trees."""

    input_size = 1  # rows

    def __init__(self, booster: Any, weights: bytes = b"", settled: Mapping[str, Any] | None = None) -> None:
        self._booster, self._weights = booster, weights
        self.settled = dict(settled or {})  # what a later fit of the same recipe may repeat

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
        trees, patience = _trees(params, guide)
        rest = {"tree_method": "hist", "seed": seed, **_native(params), "nthread": 1, "verbosity": 0}
        bins, stops = {"nthread": 1, "max_bin": rest.get("max_bin", 256)}, {}
        try:
            data = xgboost.QuantileDMatrix(x, y, **bins)
            if guide.check is not None and patience:
                seen = xgboost.QuantileDMatrix(guide.check.windows[:, -1], guide.check.y, ref=data, **bins)
                stops = {"evals": [(seen, "check")], "early_stopping_rounds": patience, "verbose_eval": False}
            booster = xgboost.train(rest, data, num_boost_round=trees, **stops)
        except (xgboost.core.XGBoostError, TypeError) as error:
            raise ConfigurationError(f"xgboost refuses {dict(params)}: {_first_line(error)}") from error
        made = booster.best_iteration + 1 if stops else trees
        return cls(booster[:made] if stops else booster, settled={"trees": made})

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

    def weights(self) -> bytes:
        """UBJSON; of a loaded model the very bytes that it was loaded from."""
        return self._weights or bytes(self._booster.save_raw(raw_format="ubj"))

    def facts(self) -> Mapping[str, Any]:
        """Nothing: the weights say it all."""
        return {}


class LightGBMModel:
    """Fitted LightGBM trees."""

    input_size = 1  # rows

    def __init__(self, booster: Any, weights: bytes = b"", settled: Mapping[str, Any] | None = None) -> None:
        self._booster, self._weights = booster, weights
        self.settled = dict(settled or {})  # what a later fit of the same recipe may repeat

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
        refuse_unknown("lightgbm", params, lightgbm_names(lightgbm))
        trees, patience = _trees(params, guide)
        rest, stops = lightgbm_params(params, seed), {}
        try:
            data = lightgbm.Dataset(x, y, params=rest)
            if guide.check is not None and patience:
                seen = data.create_valid(np.ascontiguousarray(guide.check.windows[:, -1]), guide.check.y)
                stop = lightgbm.early_stopping(patience, verbose=False)
                stops = {"valid_sets": [seen], "callbacks": [stop]}
            booster = lightgbm.train(rest, data, num_boost_round=trees, **stops)
        except lightgbm.basic.LightGBMError as error:
            raise ConfigurationError(f"lightgbm refuses {dict(params)}: {error}") from error
        made = booster.best_iteration if stops else trees
        # Its text holds the trees up to the best and no others.
        kept = lightgbm.Booster(model_str=booster.model_to_string()) if stops else booster.free_dataset()
        return cls(kept, settled={"trees": made})

    @classmethod
    def from_weights(cls, weights: bytes, _: Mapping[str, Any] | None = None) -> LightGBMModel:
        """The model of LightGBM's text.

        Raises:
            CorruptArtifact: it is none.
            MissingLibrary: lightgbm is not installed.
        """
        lightgbm = load("lightgbm", EXTRA)
        try:
            return cls(lightgbm.Booster(model_str=weights.decode()), weights)
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
            raise CorruptArtifact(f"not a model of lightgbm: {error}") from error

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, 1, columns)."""
        rows = np.ascontiguousarray(windows[:, -1])
        values: NDArray[np.float64] = self._booster.predict(rows, num_threads=1)
        return values

    def weights(self) -> bytes:
        """LightGBM's text; of a loaded model the very bytes that it was loaded from."""
        return self._weights or bytes(self._booster.model_to_string(), "utf-8")

    def facts(self) -> Mapping[str, Any]:
        """Nothing: the weights say it all."""
        return {}


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
    return {"bagging_freq": 1, "seed": seed, **leaves, **_native(params), **fixed}


def _trees(params: Mapping[str, Any], guide: Guide) -> tuple[int, int]:
    """The most trees that a fit makes, and how many without a gain end it (0: no number does)."""
    patience = params.get("early_stopping_rounds", PATIENCE)
    if patience != 0:
        patience = whole(params, "early_stopping_rounds", PATIENCE)
    trees = whole(params, "n_estimators", TREES)
    return int((guide.settled or {}).get("trees", trees)), patience


def _native(params: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the library itself is told."""
    ours = ("n_estimators", "early_stopping_rounds")
    return {name: value for name, value in params.items() if name not in ours}


def _first_line(error: Exception) -> str:
    """A message without the stack that xgboost appends."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
