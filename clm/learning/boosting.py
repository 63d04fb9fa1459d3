"""XGBoost and LightGBM through their native interfaces, one thread, with parameters that mean the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clm.errors import CorruptArtifact, MissingLibrary

if TYPE_CHECKING:
    from numpy.typing import NDArray

REMEDY = "pip install 'continuous-learning-manager[trees]'"
DEFAULTS: dict[str, Any] = {"n_estimators": 500, "max_depth": 7, "learning_rate": 0.01, "subsample": 0.8}
"""The seed's."""

NAMES = {"n_estimators": None, "seed": None}  # taken out of what is passed through


def _library(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise MissingLibrary(f"{name} cannot be imported ({error}): {REMEDY}") from error


@dataclass(frozen=True)
class XGBoostModel:
    """A fitted XGBoost model."""

    booster: Any
    input_size: ClassVar[int] = 1  # rows of history that a forecast looks at
    suffix: ClassVar[str] = "ubj"

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units for windows (n, 1, features)."""
        values = self.booster.inplace_predict(np.ascontiguousarray(windows[:, -1, :]))
        return np.asarray(values, dtype=np.float64)

    def weights(self) -> bytes:
        """UBJSON."""
        return bytes(self.booster.save_raw("ubj"))

    @classmethod
    def from_weights(cls, data: bytes, facts: dict[str, Any]) -> XGBoostModel:
        """Raises CorruptArtifact, MissingLibrary."""
        xgboost = _library("xgboost")
        booster = xgboost.Booster({"nthread": 1})
        try:
            booster.load_model(bytearray(data))
        except xgboost.core.XGBoostError as error:
            raise CorruptArtifact(f"XGBoost weights cannot be read: {error}"[:300]) from error
        return cls(booster)

    def facts(self) -> dict[str, Any]:
        """What a reload needs beside the weights."""
        return {}


@dataclass(frozen=True)
class LightGBMModel:
    """A fitted LightGBM model."""

    booster: Any
    input_size: ClassVar[int] = 1
    suffix: ClassVar[str] = "txt"

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units for windows (n, 1, features)."""
        rows = np.ascontiguousarray(windows[:, -1, :])
        return np.asarray(self.booster.predict(rows, num_threads=1), dtype=np.float64)

    def weights(self) -> bytes:
        """LightGBM's text."""
        text: str = self.booster.model_to_string()
        return text.encode()

    @classmethod
    def from_weights(cls, data: bytes, facts: dict[str, Any]) -> LightGBMModel:
        """Raises CorruptArtifact, MissingLibrary."""
        lightgbm = _library("lightgbm")
        try:
            return cls(lightgbm.Booster(model_str=data.decode()))
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
            raise CorruptArtifact(f"LightGBM weights cannot be read: {error}"[:300]) from error

    def facts(self) -> dict[str, Any]:
        """What a reload needs beside the weights."""
        return {}


def fit_xgboost(x: Any, y: Any, params: dict[str, Any], seed: int) -> XGBoostModel:
    """Fit features (n, f) float32 to targets (n,); the same seed gives the same model."""
    xgboost = _library("xgboost")
    asked = {**DEFAULTS, **params}
    own = {key: value for key, value in asked.items() if key not in NAMES}
    settings = {"objective": "reg:squarederror", "tree_method": "hist", "nthread": 1, "verbosity": 0}
    data = xgboost.QuantileDMatrix(x, label=y, nthread=1, max_bin=int(asked.get("max_bin", 256)))
    settings |= {**own, "seed": int(asked.get("seed", seed))}
    return XGBoostModel(xgboost.train(settings, data, num_boost_round=int(asked["n_estimators"])))


def fit_lightgbm(x: Any, y: Any, params: dict[str, Any], seed: int) -> LightGBMModel:
    """Fit features (n, f) float32 to targets (n,); the same seed gives the same model.

    ``subsample`` would be inert without ``bagging_freq``, and 31 leaves would cap the depth.
    """
    lightgbm = _library("lightgbm")
    asked = {**DEFAULTS, **params}
    depth = int(asked["max_depth"])
    own = {key: value for key, value in asked.items() if key not in NAMES}
    settings = {
        "objective": "regression",
        "bagging_freq": 1,
        "num_leaves": 2**depth - 1 if 0 < depth < 17 else 31,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "seed": int(asked.get("seed", seed)),
    }
    data = lightgbm.Dataset(x, label=y, free_raw_data=True, params={"verbosity": -1, "num_threads": 1})
    booster = lightgbm.train({**settings, **own}, data, num_boost_round=int(asked["n_estimators"]))
    return LightGBMModel(booster)
