"""What the handle serves for one model type: a verified model, or the naive forecast."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from clm.decisions.route import Route
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


class Models(Protocol):
    """What is needed of a registry."""

    def route(self, model_type: ModelType) -> Route: ...
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
    expires_at: float = math.inf  # µs of event time after which it is too old to be served
    input_size: int = field(init=False, default=1)  # rows of a window
    width: int = field(init=False, default=0)  # columns of a window
    grouped: bool = field(init=False, default=False)  # whether ``of(symbol)`` forecasts instead
    parts: dict[int, Served] = field(init=False, default_factory=dict, compare=False, repr=False)  # by of()

    def __post_init__(self) -> None:
        if self.bundle is not None:
            object.__setattr__(self, "grouped", self.bundle.grouped)
            object.__setattr__(self, "input_size", self.bundle.input_size)
            object.__setattr__(self, "width", len(self.bundle.columns))

    def of(self, symbol: str) -> Served:
        """What forecasts a symbol: itself, unless it is grouped."""
        if not self.grouped:
            return self
        assert self.bundle is not None
        part = self.bundle.part(symbol)
        if id(part) not in self.parts:
            self.parts[id(part)] = replace(self, bundle=part)
        return self.parts[id(part)]

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
        if self.picks:
            return rows[..., self.picks]
        if rows.shape[-1] != self.width:
            assert self.bundle is not None
            raise MissingFeatures(
                f"rows have {rows.shape[-1]} columns, version {self.version} wants "
                f"{self.width}: publish {', '.join(self.bundle.columns)}"
            )
        return rows


@dataclass(frozen=True)
class Loader:
    """Makes a version ready to serve.

    Args:
        models: where the versions' records are.
        artifacts: where their bundles are.
        columns: the names of a row's numbers; empty: rows are laid out as the model wants them.
        lifetime: µs of event time after its training in which a model may serve.
        probe: tries a bundle where it can do no harm, and raises CorruptArtifact; None: nowhere.
    """

    models: Models
    artifacts: Artifacts
    columns: tuple[str, ...] = ()
    lifetime: float = math.inf
    probe: Callable[[bytes], None] | None = None

    def __call__(self, model_type: ModelType, version: str) -> Served:
        """A version: bytes checked against their sha256, tried elsewhere, unpacked, and tried once here.

        Raises:
            UnknownVersion: the registry does not hold it.
            CorruptArtifact: its bundle is missing, damaged, or cannot forecast.
            MissingLibrary: its library is not installed.
            MissingFeatures: it needs a column that rows do not have.
        """
        record = self.models.get_model(model_type, version)
        if record.sha256 is None:
            raise CorruptArtifact(f"{model_type.value} {version} has no bundle; train it again")
        data = self.artifacts.get(record.sha256)
        if self.probe is not None:
            self.probe(data)
        bundle, trained_at = unpacked(data), micros(record.trained_at)
        if bundle.model_type is not model_type:
            raise CorruptArtifact(
                f"{model_type.value} {version} has the bundle of a {bundle.model_type.value}; train it again"
            )
        picks = _picks(bundle.columns, self.columns)
        return Served(version, trained_at, bundle, picks, trained_at + self.lifetime)


def unpacked(data: bytes) -> Bundle:
    """A bundle that has forecast once, so that a useless one is found now and libraries are warm.

    Raises:
        CorruptArtifact: the bytes are no bundle, or one that cannot forecast.
        MissingLibrary: its library is not installed.
    """
    from clm.learning.bundle import unpack

    bundle = unpack(data)
    for each in (*bundle.parts.values(),) if bundle.grouped else (bundle,):
        _try(each)
    return bundle


def _try(bundle: Bundle) -> None:
    """Let a bundle forecast a window of zeros. Raises CorruptArtifact if it cannot."""
    import numpy as np

    window = np.zeros((bundle.input_size, len(bundle.columns)), np.float32)
    try:
        values = bundle.predict(window[None])
        bundle.one(window)
    except MODEL_FAILURES as error:
        raise CorruptArtifact(
            f"the {bundle.model_type.value} cannot forecast ({error}); train it again"
        ) from error
    if values.shape != (1,):
        raise CorruptArtifact(
            f"the {bundle.model_type.value} gave shape {values.shape} for one window; train it again"
        )


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
