"""The versions of each model type: kept once, marked, and named apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from clm.errors import IllegalMove, UnknownVersion
from clm.events import moment
from clm.model import ModelArtifact, ModelStatus, ModelType, version_name
from clm.ports import Fence
from clm.store.artifact_record import pack_artifact, unpack_artifact
from clm.store.decision_log import held, require
from clm.store.keys import Keys
from clm.store.keyspace import Add, Check, Keyspace, Put, Write
from clm.store.route_record import unpack_route

LEGAL_MARKS = {
    ModelStatus.CANDIDATE: frozenset({ModelStatus.CANDIDATE, ModelStatus.RETIRED}),
    ModelStatus.SHADOW: frozenset({ModelStatus.CANDIDATE, ModelStatus.SHADOW}),
    ModelStatus.RETIRED: frozenset({ModelStatus.CANDIDATE, ModelStatus.SHADOW, ModelStatus.RETIRED}),
}
"""Status -> those it may follow; ACTIVE comes and goes by moves only."""


class Versions:
    """The records of a scope's versions."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def save(self, artifact: ModelArtifact) -> None:
        """Keep a new version, once: the same one of the same run again changes nothing.

        Raises:
            IllegalMove: another artifact has this version, or this one has no stored bundle.
        """
        model_type, version = artifact.model_type, artifact.version
        if artifact.sha256 is None:
            raise IllegalMove(f"{model_type.value} {version} has no sha256: store its bundle first")
        key, order = self._keys.versions(model_type.value), self._keys.order(model_type.value)
        writes: list[Write] = [Put(key, pack_artifact(artifact), version), Add(order, version.encode())]
        if self._space.commit([Check(key, None, version)], writes):
            return
        known = self.get(model_type, version)
        if (known.sha256, known.run) != (artifact.sha256, artifact.run):
            raise IllegalMove(
                f"{model_type.value} {version} exists already with another bundle: allot a version first"
            )

    def get(self, model_type: ModelType, version: str) -> ModelArtifact:
        """A version without its models. Raises UnknownVersion."""
        raw = self._space.get(self._keys.versions(model_type.value), version)
        if raw is None:
            raise UnknownVersion(
                f"{model_type.value} has no version {version!r}: `clm history {model_type.value}` lists them"
            )
        return unpack_artifact(raw)

    def newest(self, model_type: ModelType, limit: int) -> list[ModelArtifact]:
        """The newest versions, newest first."""
        names = self._space.newest(self._keys.order(model_type.value), limit)
        return [self.get(model_type, name.decode()) for _, name in names]

    def mark(
        self, model_type: ModelType, version: str, status: ModelStatus, fence: Fence | None = None
    ) -> None:
        """Show that a version is in shadow or out of use; idempotent. Raises IllegalMove and NotOwner."""
        key = self._keys.versions(model_type.value)
        while True:
            known = self._space.get(self._keys.route(model_type.value))
            if unpack_route(known).canary == version and status is not ModelStatus.SHADOW:
                raise IllegalMove(f"{model_type.value} {version} serves some keys: abort the canary first")
            raw, artifact = self._space.get(key, version), self.get(model_type, version)
            if artifact.status not in LEGAL_MARKS.get(status, frozenset()):
                raise IllegalMove(
                    f"{model_type.value} {version} is {artifact.status.value} and cannot become "
                    f"{status.value} by hand: promote another version instead"
                )
            put = Put(key, pack_artifact(replace(artifact, status=status)), version)
            same = [Check(key, raw, version), Check(self._keys.route(model_type.value), known)]
            if self._space.commit([*same, *held(self._keys, fence)], [put]):
                return
            require(self._space, self._keys, fence)

    def changed(
        self, model_type: ModelType, version: str, status: ModelStatus | None, at: int
    ) -> tuple[Check, Put]:
        """What a move writes of a version, if its record is still the same; at an event clock (µs).

        Parameters:
            status: the new one; None: as it is.

        Raises:
            UnknownVersion: it is not kept, or its bundle was given up.
        """
        key = self._keys.versions(model_type.value)
        raw, artifact = self._space.get(key, version), self.get(model_type, version)
        if artifact.released and status in (ModelStatus.ACTIVE, ModelStatus.SHADOW, None):
            raise UnknownVersion(
                f"the bundle of {model_type.value} {version} was given up: promote another, or train again"
            )
        made = artifact if status is None else replace(artifact, status=status)
        if status is ModelStatus.ACTIVE:
            made = replace(made, activated_at=moment(at))
        return Check(key, raw, version), Put(key, pack_artifact(made), version)

    def released(self, model_type: ModelType, version: str) -> tuple[Check, Put]:
        """What is written when a version's bundle is given up. Raises UnknownVersion."""
        key = self._keys.versions(model_type.value)
        raw, artifact = self._space.get(key, version), self.get(model_type, version)
        return Check(key, raw, version), Put(key, pack_artifact(replace(artifact, released=True)), version)

    def allot(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """A version name never given before; the same one for the same run."""
        key, stem, number = self._keys.allotted(model_type.value), version_name(trained_at), 1
        while True:
            name = stem if number == 1 else f"{stem}_{number}"
            holder = self._space.get(key, name)
            if holder == run.encode():
                return name
            if holder is None and self._space.commit(
                [Check(key, None, name)], [Put(key, run.encode(), name)]
            ):
                return name
            number += holder is not None
