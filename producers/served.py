"""What the handle serves for one model type: a verified model, or the naive forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clm.errors import ClmError, CorruptArtifact, MissingFeatures
from clm.events import micros
from clm.model import NAIVE, ModelArtifact, ModelType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clm.learning.bundle import Bundle

MODEL_FAILURES = (ClmError, ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What a model library raises on input or weights that it cannot use."""

REMEDY = "pip install 'continuous-learning-manager[trees]' (or [neural] for the networks)"


class RouteRecord(Protocol):
    """What is needed of a route."""

    @property
    def active(self) -> str: ...


class Models(Protocol):
    """What is needed of a registry."""

    def route(self, model_type: ModelType) -> RouteRecord: ...
    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact: ...


class Artifacts(Protocol):
    """What is needed of an artifact store."""

    def get(self, sha256: str) -> bytes: ...


@dataclass(frozen=True)
class Served:
    """One version, never changed: replacing the whole object is the swap."""

    version: str = NAIVE
    trained_at: int | None = None  # µs; None for naive
    bundle: Bundle | None = None  # None for naive
    picks: tuple[int, ...] = ()  # where the model's columns stand in a row; empty: rows are the same

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units for windows of rows (n, input_size, columns of a row).

        Raises:
            MissingFeatures: a row has another number of columns than the model.
        """
        assert self.bundle is not None
        return self.bundle.predict(self._seen(windows))

    def one(self, window: NDArray[np.float32]) -> float:
        """The forecast of one window (input_size, columns of a row). Raises as ``predict``."""
        assert self.bundle is not None
        return self.bundle.one(self._seen(window))

    def _seen(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """The columns that the model knows, of rows (..., columns)."""
        assert self.bundle is not None
        if self.picks:
            return rows[..., self.picks]
        if rows.shape[-1] != len(self.bundle.columns):
            raise MissingFeatures(
                f"rows have {rows.shape[-1]} columns, version {self.version} wants "
                f"{len(self.bundle.columns)}: publish {', '.join(self.bundle.columns)}"
            )
        return rows


def load(
    models: Models, artifacts: Artifacts, model_type: ModelType, version: str, columns: Sequence[str]
) -> Served:
    """A version ready to serve: bytes checked against their sha256, unpacked, and tried once.

    Args:
        models: where the version's record is.
        artifacts: where its bundle is.
        model_type: its model type.
        version: a trained version.
        columns: the names of a row's numbers; empty: rows are laid out as the model wants them.

    Raises:
        UnknownVersion: the registry does not hold it.
        CorruptArtifact: its bundle is missing, damaged, or cannot forecast.
        MissingLibrary: its library is not installed.
        MissingFeatures: it needs a column that rows do not have.
    """
    from clm.learning.bundle import unpack

    record = models.get_model(model_type, version)
    if record.sha256 is None:
        raise CorruptArtifact(f"{model_type.value} {version} has no bundle; train it again")
    bundle = unpack(artifacts.get(record.sha256))
    served = Served(version, micros(record.trained_at), bundle, _picks(bundle.columns, columns))
    _try(served, len(columns) or len(bundle.columns), model_type)
    return served


def _picks(wanted: Sequence[str], columns: Sequence[str]) -> tuple[int, ...]:
    if not columns or tuple(wanted) == tuple(columns):
        return ()
    missing = sorted(set(wanted) - set(columns))
    if missing:
        raise MissingFeatures(
            f"the model needs {', '.join(missing)}, which rows do not have; publish them, or train "
            f"on the columns {', '.join(columns)}"
        )
    return tuple(columns.index(name) for name in wanted)


def _try(served: Served, width: int, model_type: ModelType) -> None:
    """One forecast, so that a useless model is found now and libraries are warm before the swap."""
    import numpy as np

    assert served.bundle is not None
    window = np.zeros((served.bundle.input_size, width), np.float32)
    try:
        values = served.predict(window[None])
        served.one(window)
    except MODEL_FAILURES as error:
        raise CorruptArtifact(
            f"{model_type.value} {served.version} cannot forecast ({error}); train it again"
        ) from error
    if values.shape != (1,):
        raise CorruptArtifact(
            f"{model_type.value} {served.version} gave shape {values.shape} for one window, not (1,)"
        )
