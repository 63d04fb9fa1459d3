"""A bundle: a fitted model with everything needed to use and to judge it, and its bytes.

The file is an uncompressed zip of ``manifest.json`` and the weights in the library's own format. It holds
no time and no version, so the same training gives the same bytes; and no pickle, so that opening one
runs nothing of it.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clm.errors import CorruptArtifact
from clm.learning.attribution import over_naive
from clm.learning.box import boxed, unboxed
from clm.learning.calibration import UNSHRUNK, shrunk
from clm.learning.ensemble import EnsembleModel
from clm.learning.features import NAIVE_NOW
from clm.learning.fitted import Fitted
from clm.learning.grouped import GroupedModel
from clm.learning.kinds import BASE_KINDS, Kind
from clm.learning.parameters import laid_over
from clm.learning.picture import picture
from clm.model import ModelType
from clm.records import canonical

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANIFEST, EXPLANATION, PICTURE = "manifest.json", "explanation.json", "explanation.svg"
GROUPS = "groups.zip"
"""Holds a bundle per group of symbols, in place of weights."""

FORMAT = "clm-bundle-1"
KINDS = {
    **BASE_KINDS,
    ModelType.ENSEMBLE: Kind("members.zip", (), EnsembleModel.from_weights),
}
"""How each model type is stored; an ensemble's libraries are its members'."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A fitted model and its recipe; usable as a model itself."""

    model_type: ModelType
    model: Fitted
    schema: str  # of the input rows
    columns: tuple[str, ...]  # of a window, in order
    target: str  # what is forecast
    horizon: int  # bars
    naive: str  # the rule of the naive forecast beside it
    rows: int  # that it was fitted to
    training_range: tuple[int, int]  # first and last bar close used, µs UTC; (0, 0) where unknown
    data_digest: str  # sha256 (hex) of the features and targets
    seed: int
    params: Mapping[str, Any] = field(default_factory=dict)  # hyperparameters as given
    libraries: Mapping[str, str] = field(default_factory=dict)  # module -> version that fitted it
    shrink: float = UNSHRUNK  # part of what the model says beyond naive that is kept, 0 to 1
    settled: Mapping[str, Any] = field(default_factory=dict)  # what validation settled; a refit repeats it
    tuned: Mapping[str, Any] = field(default_factory=dict)  # what a search found; see tuning.tuned
    generation: int = 0  # how many fits before it were gone on from, since one that began anew
    explanation: Mapping[str, Any] | None = None  # what its forecasts rest on; None: nobody asked

    @property
    def parts(self) -> Mapping[int, Bundle]:
        """Group of symbols -> its bundle; none of a model that forecasts every symbol."""
        return self.model.parts if isinstance(self.model, GroupedModel) else {}

    @property
    def grouped(self) -> bool:
        """Whether forecasts are asked of ``part(symbol)`` instead of the bundle itself."""
        return isinstance(self.model, GroupedModel)

    def part(self, symbol: str) -> Bundle:
        """The bundle that forecasts a symbol: itself, unless it is grouped."""
        return self.model.part(symbol) if isinstance(self.model, GroupedModel) else self

    @property
    def recipe(self) -> dict[str, Any]:
        """The hyperparameters that it was fitted by: those given, with what a search found in their place."""
        return laid_over(self.params, self.tuned)

    @property
    def input_size(self) -> int:
        """Successive input rows of one symbol that a forecast looks at."""
        return self.model.input_size

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, input_size, columns), newest row last."""
        said = self.model.predict(windows)
        if self.shrink == UNSHRUNK:
            return said
        return shrunk(said, windows[:, -1, self._naive].astype("f8"), self.shrink)

    def one(self, window: NDArray[np.float32]) -> float:
        """The forecast of one window (input_size, columns), by the cheapest way that its model has."""
        single = getattr(self.model, "one", None)
        said = float(self.model.predict(window[None])[0]) if single is None else single(window)
        if self.shrink == UNSHRUNK:
            return said
        naive = float(window[-1, self._naive])
        return naive + self.shrink * (said - naive) if math.isfinite(naive) else said

    def contributions(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each value of windows (n, input_size, columns) contributes to the forecast, target units."""
        parts = self.shrink * self.model.contributions(windows)
        return parts if self.shrink == UNSHRUNK else over_naive(parts, windows, self._naive, self.shrink)

    @cached_property
    def _naive(self) -> int:
        """Where the naive forecast stands in a row."""
        return self.columns.index(NAIVE_NOW)

    def facts(self) -> dict[str, Any]:
        """All but model and explanation, as plain JSON values."""
        apart = ("model", "explanation")
        plain = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in apart}
        return {**plain, "model_type": self.model_type.value, "input_size": self.input_size}


def pack(bundle: Bundle) -> bytes:
    """The bytes of a bundle; the same bundle gives the same bytes."""
    manifest = {"format": FORMAT, "bundle": bundle.facts(), "model": bundle.model.facts()}
    if bundle.grouped:
        weights = {GROUPS: boxed({str(group): pack(part) for group, part in bundle.parts.items()})}
    else:
        weights = {KINDS[bundle.model_type].file: bundle.model.weights()}
    return boxed({MANIFEST: canonical(manifest), **weights, **_told(bundle)})


def _told(bundle: Bundle) -> dict[str, bytes]:
    """The files of the explanation: what was found, and its picture."""
    if bundle.explanation is None:
        return {}
    drawn = picture(bundle.model_type.value, bundle.explanation)
    return {EXPLANATION: canonical(bundle.explanation), PICTURE: drawn.encode()}


def about(data: bytes) -> dict[str, Any]:
    """What a bundle says of itself, with its ``explanation`` (None: it has none), without loading the model.

    A grouped one also says by ``groups`` what each of its parts does.

    Raises:
        CorruptArtifact: it is no bundle, or a damaged one.
    """
    with _readable(data):
        files = unboxed(data)
        facts: dict[str, Any] = json.loads(files[MANIFEST])["bundle"]
        parts = unboxed(files[GROUPS]) if GROUPS in files else {}
        groups = {"groups": {group: about(part) for group, part in parts.items()}} if parts else {}
        return {**facts, **groups, "explanation": _explanation(files)}


def unpack(data: bytes) -> Bundle:
    """The bundle of some bytes; its forecasts are bit for bit those of the one packed.

    Raises:
        CorruptArtifact: they are no bundle, or a damaged one.
        MissingLibrary: the model's library is not installed; the message names the extra.
    """
    with _readable(data):
        files = unboxed(data)
        manifest = json.loads(files[MANIFEST])
        _check_format(manifest["format"])
        model = _model(files, manifest)
        return replace(_restored(manifest["bundle"], model), explanation=_explanation(files))


def _model(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Fitted:
    if GROUPS in files:
        parts = {int(group): unpack(data) for group, data in unboxed(files[GROUPS]).items()}
        return GroupedModel(parts, int(manifest["model"]["groups"]))
    kind = KINDS[ModelType(manifest["bundle"]["model_type"])]
    return kind.read(files[kind.file], manifest["model"])


def _explanation(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(files[EXPLANATION]) if EXPLANATION in files else None
    return found


@contextmanager
def _readable(data: bytes) -> Iterator[None]:
    """Tell what is wrong with bytes that cannot be read."""
    try:
        yield
    except (zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise CorruptArtifact(
            f"{len(data)} bytes are not a readable bundle ({error!r}): restore the file or train again"
        ) from error


def _check_format(found: str) -> None:
    if found != FORMAT:
        raise CorruptArtifact(f"the bundle is of format {found!r}, this program reads {FORMAT!r}: update it")


def _restored(facts: Mapping[str, Any], model: Fitted) -> Bundle:
    start, end = facts["training_range"]
    rest = {name: value for name, value in facts.items() if name != "input_size"}
    changed = {
        "model_type": ModelType(facts["model_type"]),
        "columns": tuple(facts["columns"]),
        "training_range": (start, end),
    }
    return Bundle(model=model, **{**rest, **changed})
