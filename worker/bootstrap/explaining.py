"""Explaining: what a stored version says of itself and of its forecasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clm.errors import ConfigurationError, InsufficientData, Unexplained, UnknownVersion
from clm.events import micros
from clm.learning.bundle import about, unpack
from clm.learning.explanation import Explainer, drift
from clm.learning.picture import picture
from clm.model import NAIVE, ModelArtifact, ModelType
from clm.steps.training import load_frame, split
from worker.bootstrap.learning import bars, workshop
from worker.settings import Settings
from worker.stage import Stage

NOT_YET = "was not explained when it was trained: `clm explain MODEL VERSION --rows 200` does it now"


def explained(stage: Stage, model_type: ModelType, version: str | None = None) -> dict[str, Any]:
    """The recipe of a version, None: the active one, with the explanation that its training left, if any.

    Raises:
        UnknownVersion: there is none of this name, or its bundle was given up.
        CorruptArtifact: the bundle is damaged.
    """
    artifact = stored(stage, model_type, version)
    told = about(stage.artifacts.get(str(artifact.sha256)))
    return {**told, "version": artifact.version, "sha256": artifact.sha256}


def explained_anew(
    settings: Settings, stage: Stage, model_type: ModelType, version: str | None, rows: int
) -> dict[str, Any]:
    """The same with an explanation that is made now, on so many rows of the hold-out of its training.

    Where bars came after that training, ``since`` is how far their features have drifted from it.

    Raises:
        ConfigurationError: the scope names no bars.
        UnknownVersion, CorruptArtifact: as ``explained``.
        InsufficientData: the model can tell nothing of these rows.
    """
    path = settings.data_of(stage.scope.name)
    if path is None:
        raise ConfigurationError(
            f"scope {stage.scope.name} names no bars to explain on: set scopes.{stage.scope.name}.data"
        )
    artifact, shop = stored(stage, model_type, version), workshop(settings, stage.scope)
    whole = bars(path, stage.scope)
    frame = load_frame(whole.bound(artifact.trained_at), shop)
    frame = frame[frame["at"] >= micros(artifact.training_range[0])]  # it may have begun at a regime change
    model = unpack(stage.artifacts.get(str(artifact.sha256)))
    found = Explainer(rows)(model, split(frame, shop))
    if found is None:
        raise InsufficientData(f"{artifact.version} tells nothing of {rows} rows: ask for more")
    later = load_frame(whole, shop)
    later = later[later["at"] > micros(artifact.trained_at)]
    since = {"since": drift(frame, later, model.columns)} if len(later) else {}
    return {**explained(stage, model_type, artifact.version), **since, "explanation": found}


def drawn(found: Mapping[str, Any]) -> str:
    """What was found as SVG. Raises Unexplained where there is no explanation."""
    if found["explanation"] is None:
        raise Unexplained(f"{found['version']} {NOT_YET}")
    return picture(f"{found['model_type']} {found['version']}", found["explanation"])


def stored(stage: Stage, model_type: ModelType, version: str | None) -> ModelArtifact:
    """The record of a version whose bundle is there, None: of the active one. Raises UnknownVersion."""
    name = stage.registry.route(model_type).active if version is None else version
    if name == NAIVE:
        raise UnknownVersion(f"{model_type.value} serves the naive forecast, which rests on nothing else")
    artifact = stage.registry.get_model(model_type, name)
    if artifact.released or artifact.sha256 is None:
        raise UnknownVersion(f"{model_type.value} {name} has no bundle any more: it was given up")
    return artifact
