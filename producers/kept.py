"""Kept: what a handle served last, on the trader's own disk, for a start while the server is away."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clm.errors import UnknownVersion
from clm.model import NAIVE, ModelArtifact, ModelType

if TYPE_CHECKING:
    from clm.decisions.route import Route
    from producers.served import Loader


class Kept:
    """Routes, records and bundles in a directory; bundles are held against their sha256 when they are read.

    Parameters:
        directory: of one scope's handles alone; it is made when something is kept.
    """

    def __init__(self, directory: str | Path) -> None:
        from clm.store.artifact_store import DirectoryArtifactStore

        self._directory = Path(directory)
        self._bundles = DirectoryArtifactStore(self._directory / "bundles")

    def keep(self, model_type: ModelType, route: Route, load: Loader) -> None:
        """Keep what a route serves, bundles first; those that nothing names any more go.

        Raises:
            OSError: the disk does not take it.
            ClmError: the registry or the store does not give it.
        """
        from clm.store.artifact_record import pack_artifact
        from clm.store.route_record import pack_route

        named = [each for each in (route.active, route.canary) if each not in (None, NAIVE)]
        records = {each: load.models.get_model(model_type, str(each)) for each in named}
        for record in records.values():
            self._bundles.put(load.artifacts.get(str(record.sha256)))
        told = {
            "route": pack_route(route).decode(),
            "records": {version: pack_artifact(each).decode() for version, each in records.items()},
        }
        before = self._named()
        part = self._place(model_type).with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(told))
        part.replace(self._place(model_type))
        for sha256 in before - self._named():
            self._bundles.remove(sha256)

    def route(self, model_type: ModelType) -> Route:
        """The route that was kept. Raises UnknownVersion if none was, or it is damaged."""
        return self._told(model_type)[0]

    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact:
        """The record of a version that was kept. Raises UnknownVersion."""
        records = self._told(model_type)[1]
        if version not in records:
            raise UnknownVersion(f"{model_type.value} {version} was not kept in {self._directory}")
        return records[version]

    def get(self, sha256: str) -> bytes:
        """The bytes of a bundle that was kept. Raises CorruptArtifact if they are missing or damaged."""
        return self._bundles.get(sha256)

    def age_seconds(self) -> float | None:
        """Since when the newest of it was kept, wall clock; None: nothing was."""
        files = list(self._directory.glob("*.json"))
        return max(0.0, time.time() - max(each.stat().st_mtime for each in files)) if files else None

    def _told(self, model_type: ModelType) -> tuple[Route, dict[str, ModelArtifact]]:
        from clm.store.artifact_record import unpack_artifact
        from clm.store.route_record import unpack_route

        try:
            told = json.loads(self._place(model_type).read_text())
            records = {name: unpack_artifact(each.encode()) for name, each in told["records"].items()}
            return unpack_route(told["route"].encode()), records
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise UnknownVersion(
                f"nothing of {model_type.value} can be read in {self._directory} ({error!r}): "
                "it is kept again when the server has answered"
            ) from error

    def _named(self) -> set[str]:
        """The bundles that some record names."""
        found = set[str]()
        for each in ModelType:
            with suppress(UnknownVersion):
                found |= {str(record.sha256) for record in self._told(each)[1].values()}
        return found

    def _place(self, model_type: ModelType) -> Path:
        return self._directory / f"{model_type.value}.json"
