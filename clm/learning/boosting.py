"""The boosters: XGBoost and LightGBM by their native interfaces, one thread, the same for a seed.

The parameters are named as the specification names them, for both; ``n_estimators`` is the number of
trees, and no early stopping shortens it. Any other parameter goes to the library as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import ConfigurationError, CorruptArtifact
from clm.learning.libraries import load
from clm.learning.parameters import lightgbm_names, refuse_unknown, whole, xgboost_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTRA = "trees"
TREES = 100
"""Trees where ``n_estimators`` is not given."""

MAX_LEAVES = 131_072
"""LightGBM's own limit of ``num_leaves``."""


class XGBoostModel:
    """Fitted XGBoost trees."""

    input_size = 1  # rows

    def __init__(self, booster: Any, weights: bytes = b"") -> None:
        self._booster, self._weights = booster, weights

    @classmethod
    def train(
        cls, x: NDArray[np.float32], y: NDArray[np.float64], params: Mapping[str, Any], seed: int
    ) -> XGBoostModel:
        """Fit to rows ``x`` (n, columns), NaN where unknown, and targets ``y`` (n,).

        Raises:
            ConfigurationError: the library refuses a parameter.
            MissingLibrary: xgboost is not installed.
        """
        xgboost = load("xgboost", EXTRA)
        refuse_unknown("xgboost", params, xgboost_names(xgboost))
        trees = whole(params, "n_estimators", TREES)
        rest = {"tree_method": "hist", "seed": seed, **params, "nthread": 1, "verbosity": 0}
        rest.pop("n_estimators", None)
        try:
            data = xgboost.QuantileDMatrix(x, y, nthread=1, max_bin=rest.get("max_bin", 256))
            booster = xgboost.train(rest, data, num_boost_round=trees)
        except (xgboost.core.XGBoostError, TypeError) as error:
            raise ConfigurationError(f"xgboost refuses {dict(params)}: {_first_line(error)}") from error
        return cls(booster)

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

    def __init__(self, booster: Any, weights: bytes = b"") -> None:
        self._booster, self._weights = booster, weights

    @classmethod
    def train(
        cls, x: NDArray[np.float32], y: NDArray[np.float64], params: Mapping[str, Any], seed: int
    ) -> LightGBMModel:
        """Fit to rows ``x`` (n, columns), NaN where unknown, and targets ``y`` (n,).

        Raises:
            ConfigurationError: the library refuses a parameter.
            MissingLibrary: lightgbm is not installed.
        """
        lightgbm = load("lightgbm", EXTRA)
        refuse_unknown("lightgbm", params, lightgbm_names(lightgbm))
        trees = whole(params, "n_estimators", TREES)
        rest = lightgbm_params(params, seed)
        try:
            data = lightgbm.Dataset(x, y, params=rest)
            booster = lightgbm.train(rest, data, num_boost_round=trees)
        except lightgbm.basic.LightGBMError as error:
            raise ConfigurationError(f"lightgbm refuses {dict(params)}: {error}") from error
        return cls(booster.free_dataset())

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
    given = {name: value for name, value in params.items() if name != "n_estimators"}
    return {"bagging_freq": 1, "seed": seed, **leaves, **given, **fixed}


def _first_line(error: Exception) -> str:
    """A message without the stack that xgboost appends."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
