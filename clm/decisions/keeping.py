"""Keeping: which bundles may be given up. A version that a rollback could return to never is."""

from __future__ import annotations

from collections.abc import Sequence

from clm.decisions.route import Route
from clm.model import ModelArtifact, ModelStatus


def spare(artifact: ModelArtifact, route: Route, lived: Sequence[str]) -> bool:
    """Whether nobody may need a version's bundle any more.

    Parameters:
        lived: the versions that were live before the active one: the targets of a rollback.
    """
    needed = {route.active, route.canary, route.pin, *lived}
    return artifact.status is ModelStatus.RETIRED and artifact.version not in needed


def surplus(artifacts: Sequence[ModelArtifact], keep: int) -> list[ModelArtifact]:
    """The retired versions beyond the newest ``keep`` whose bundles are still there, newest first.

    Parameters:
        artifacts: newest first.
    """
    retired = [each for each in artifacts if each.status is ModelStatus.RETIRED]
    return [each for each in retired[keep:] if not each.released]
