"""A bundle: a fitted model with all that is needed to serve it, as bytes that are always the same.

An uncompressed zip of ``manifest.json`` and the weights in their native format; never pickle.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from clm.errors import CorruptArtifact
from clm.learning.boosting import LightGBMModel, XGBoostModel
from clm.learning.neural import NeuralModel
from clm.model import ModelType
from clm.records import canonical

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMAT = 1
WHEN = (1980, 1, 1, 0, 0, 0)
"""The date of the files inside, fixed so that equal models are equal bytes."""


class Model(Protocol):
    """A fitted model."""

    @property
    def input_size(self) -> int:
        """Rows of history that a forecast looks at."""

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units for windows (n, input_size, features)."""

    def weights(self) -> bytes: ...
    def facts(self) -> dict[str, Any]: ...


LOADERS: dict[ModelType, Callable[[bytes, dict[str, Any]], Any]] = {
    ModelType.XGBOOST: XGBoostModel.from_weights,
    ModelType.LIGHTGBM: LightGBMModel.from_weights,
    ModelType.NHITS: NeuralModel.from_weights,
    ModelType.PATCHTST: NeuralModel.from_weights,
}


@dataclass(frozen=True)
class Bundle:
    """A model and its manifest."""

    model_type: ModelType
    model: Any  # a Model
    schema: str  # name of the input rows' columns
    columns: tuple[str, ...]  # in the order of the model's features
    target: str
    horizon: int  # bars
    naive: str  # rule of the naive forecast
    training_range: tuple[int, int]  # first and last bar close, µs
    params: dict[str, Any] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)  # name -> version that trained it

    @property
    def input_size(self) -> int:
        """Rows of history that a forecast looks at."""
        return int(self.model.input_size)


FACTS = ("schema", "columns", "target", "horizon", "naive", "training_range", "params", "libraries")


def pack(bundle: Bundle) -> bytes:
    """The bytes of a bundle; equal bundles give equal bytes."""
    manifest = {name: getattr(bundle, name) for name in FACTS}
    manifest |= {
        "format": FORMAT,
        "model_type": bundle.model_type.value,
        "model": bundle.model.facts(),
        "weights": f"weights.{bundle.model.suffix}",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("manifest.json", WHEN), canonical(manifest))
        archive.writestr(zipfile.ZipInfo(str(manifest["weights"]), WHEN), bundle.model.weights())
    return out.getvalue()


def unpack(data: bytes) -> Bundle:
    """The bundle of bytes whose sha256 was checked before.

    Raises:
        CorruptArtifact: they are no bundle of a format that is known.
        MissingLibrary: the model's library is not installed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            weights = archive.read(manifest["weights"])
        if manifest["format"] != FORMAT:
            raise CorruptArtifact(f"bundle format {manifest['format']} is unknown; this reads {FORMAT}")
        model_type = ModelType(manifest["model_type"])
        facts = {name: manifest[name] for name in FACTS}
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        raise CorruptArtifact(f"not a bundle: {error!r}"[:300]) from error
    facts |= {name: tuple(facts[name]) for name in ("columns", "training_range")}
    return Bundle(model_type, LOADERS[model_type](weights, manifest["model"]), **facts)
