"""Bundles: those of retired versions that nobody may need are removed, in the order of their age."""

from __future__ import annotations

from collections.abc import Sequence

from clm.decisions.keeping import surplus
from clm.model import ModelArtifact, ModelType
from clm.ports import LOOKED_THROUGH, ArtifactStore, Registry


class BundleKeeper:
    """Keeps the newest bundles of each model type, and all that a rollback could return to.

    Parameters:
        artifacts: of this scope alone; another scope's equal bundle would go with it.
        keep: bundles of retired versions that stay, per model type.
    """

    def __init__(
        self, registry: Registry, artifacts: ArtifactStore, models: Sequence[ModelType], keep: int
    ) -> None:
        self._registry, self._artifacts, self._models, self._keep = registry, artifacts, models, keep

    def step(self) -> list[ModelArtifact]:
        """Remove what may go; the versions whose bundles went.

        The record says so first: who is killed in between leaves bytes behind, and no version without any.
        """
        return [artifact for each in self._models for artifact in self._trimmed(each)]

    def _trimmed(self, model_type: ModelType) -> list[ModelArtifact]:
        known = self._registry.get_model_history(model_type, LOOKED_THROUGH)
        gone = []
        for artifact in surplus(known, self._keep):
            if not self._registry.release(model_type, artifact.version):
                continue
            gone.append(artifact)
            for sha256 in filter(None, (artifact.sha256, artifact.evaluated)):
                if not self._shared(model_type, sha256):
                    self._artifacts.remove(sha256)
        return gone

    def _shared(self, model_type: ModelType, sha256: str) -> bool:
        """Whether another version that may be served has the same bytes."""
        newest = self._registry.get_model_history(model_type, LOOKED_THROUGH)
        return any(sha256 in (each.sha256, each.evaluated) and not each.released for each in newest)
