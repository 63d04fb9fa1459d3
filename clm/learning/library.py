"""The library: a registry together with the bundles, so that a model comes back ready to forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from clm.events import micros
from clm.learning.bundle import KINDS, Bundle, pack, unpack
from clm.learning.features import TechnicalFeatures
from clm.learning.libraries import versions
from clm.model import ModelArtifact, ModelType
from clm.ports import ArtifactStore, Registry

UNKNOWN_SEED = 0
"""The seed on record for a model that another trainer fitted without saying."""


class ModelLibrary:
    """A ModelRegistry whose artifacts carry their models.

    Parameters:
        engineer: names the schema, target and naive rule of a model that comes without a bundle.
    """

    def __init__(self, registry: Registry, artifacts: ArtifactStore, engineer: TechnicalFeatures) -> None:
        self._registry, self._artifacts, self._engineer = registry, artifacts, engineer

    def get_active(self, model_type: ModelType) -> ModelArtifact | None:
        """The active version with its model, None while naive serves. Raises CorruptArtifact."""
        active = self._registry.get_active(model_type)
        return None if active is None else self._opened(active)

    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact:
        """A version with its model. Raises UnknownVersion, CorruptArtifact."""
        return self._opened(self._registry.get_model(model_type, version))

    def save_model(self, artifact: ModelArtifact) -> None:
        """Store the bundle unless it is stored, and register the version."""
        self._registry.save_model(artifact if artifact.sha256 else self.store(artifact))

    def promote(self, model_type: ModelType, new_version: str) -> None:
        """As the registry's."""
        self._registry.promote(model_type, new_version)

    def retire(self, model_type: ModelType, version: str) -> None:
        """As the registry's."""
        self._registry.retire(model_type, version)

    def get_model_history(self, model_type: ModelType, limit: int = 10) -> list[ModelArtifact]:
        """As the registry's, without models."""
        return self._registry.get_model_history(model_type, limit)

    def allot_version(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """As the registry's."""
        return self._registry.allot_version(model_type, trained_at, run)

    def _opened(self, artifact: ModelArtifact) -> ModelArtifact:
        if artifact.sha256 is None:
            return artifact
        return replace(artifact, model_object=unpack(self._artifacts.get(artifact.sha256)))

    def store(self, artifact: ModelArtifact) -> ModelArtifact:
        """Keep the bundle; the artifact with its sha256, size and library versions."""
        bundle = self._bundle(artifact)
        data = pack(bundle)
        sha256 = self._artifacts.put(data)
        return replace(
            artifact,
            sha256=sha256,
            size=len(data),
            libraries=dict(bundle.libraries),
            data_digest=bundle.data_digest,
        )

    def _bundle(self, artifact: ModelArtifact) -> Bundle:
        """What the default trainer made, or another trainer's bare model with its record's facts."""
        if isinstance(artifact.model_object, Bundle):
            return replace(artifact.model_object, explanation=artifact.explanation)
        start, end = artifact.training_range
        return Bundle(
            model_type=artifact.model_type,
            model=artifact.model_object,
            schema=self._engineer.schema,
            columns=tuple(self._engineer.get_feature_names()),
            target=self._engineer.target.name,
            horizon=self._engineer.horizon,
            naive=self._engineer.target.naive,
            rows=artifact.data_points,
            training_range=(micros(start), micros(end)),
            data_digest="",
            seed=UNKNOWN_SEED,
            params=artifact.training_params,
            libraries=versions(KINDS[artifact.model_type].libraries),
            explanation=artifact.explanation,
        )
