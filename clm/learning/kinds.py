"""How the models that are no ensemble are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clm.learning.fitted import Fitted
from clm.learning.lightgbm_trees import LightGBMModel
from clm.learning.neural import NHITSModel, PatchTSTModel
from clm.learning.xgboost_trees import XGBoostModel
from clm.model import ModelType


@dataclass(frozen=True)
class Kind:
    """How one model type is stored."""

    file: str  # name of the weights in the zip
    libraries: tuple[str, ...]  # modules whose versions are recorded
    read: Callable[[bytes, Mapping[str, Any]], Fitted]  # (weights, facts)


NETWORK_LIBRARIES = ("neuralforecast", "torch")
BASE_KINDS = {
    ModelType.XGBOOST: Kind("weights.ubj", ("xgboost",), XGBoostModel.from_weights),
    ModelType.LIGHTGBM: Kind("weights.txt", ("lightgbm",), LightGBMModel.from_weights),
    ModelType.NHITS: Kind("weights.safetensors", NETWORK_LIBRARIES, NHITSModel.from_weights),
    ModelType.PATCHTST: Kind("weights.safetensors", NETWORK_LIBRARIES, PatchTSTModel.from_weights),
}
