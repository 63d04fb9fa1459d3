"""The registry of versions and routes, its witness, and the store of bundles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from clm.decisions.moves import Move
from clm.decisions.route import Route
from clm.model import ModelArtifact, ModelStatus, ModelType
from clm.ports.roles import Fence
from clm.ports.seed import ModelRegistry
from clm.records import Decision, Head

LOOKED_THROUGH = 1000
"""Newest versions of a model type that are looked through by whoever wants to know all that may matter."""


class Witness(Protocol):
    """Keeps heads of the decision log outside the server, so that a cut or a rewriting shows."""

    def saw(self, heads: Mapping[str, Head]) -> None:
        """Keep the newest link of each role; never in the way of a move that has happened."""

    def seen(self) -> Iterator[Mapping[str, Head]]:
        """Everything that was kept, oldest first."""


class Registry(ModelRegistry, Protocol):
    """The registry as the event-driven system uses it."""

    def route(self, model_type: ModelType) -> Route: ...

    def move(  # noqa: PLR0913 - every argument is a part of the receipt
        self,
        model_type: ModelType,
        to_version: str,
        *,
        epoch: int,
        cause: str,
        actor: str,
        reason: str = "",
        at: int | None = None,
    ) -> Decision:
        """Route to a version, retire the one before, log a ``registry`` decision and ``moved``.

        One write. A cause that has already moved returns its decision again, changing nothing.

        Parameters:
            epoch: of the route that the mover has seen.
            actor: ``clm`` is automation, which a frozen route or a locked-out version stops.
            at: event clock of the cause, µs; None: of the newest event.

        Raises:
            StaleEpoch: another version became active since; a ``refused`` event was written.
            UnknownVersion: the version is not in the registry.
            IllegalMove: the route does not allow it to this actor; ``refused`` was written.
        """

    def rollback(self, model_type: ModelType, *, cause: str, actor: str, reason: str = "") -> Decision:
        """Move to the version that was live before the active one, and lock that one out.

        Raises:
            IllegalMove: none was, or the route does not allow it; ``refused`` was written.
        """

    def change(
        self, model_type: ModelType, move: Move, *, cause: str, reason: str = "", at: int | None = None
    ) -> Decision:
        """Make any move of the table ``clm.decisions.moves.LEGAL``, as ``move`` does.

        Raises:
            StaleEpoch, UnknownVersion, IllegalMove: as ``move``.
        """

    def resolve(self, model_type: ModelType, name: str) -> str:
        """The version that an alias stands for; any other name as it is. Raises UnknownVersion."""

    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact:
        """A version by its name or alias: ``champion`` is the active one, ``challenger`` the next in line.

        Raises:
            UnknownVersion: there is none.
        """

    def release(self, model_type: ModelType, version: str) -> bool:
        """Give up the bundle of a version that nobody may need; False while somebody may.

        Its record stays, and says so; the version can be promoted no more.
        """

    def mark(
        self, model_type: ModelType, version: str, status: ModelStatus, fence: Fence | None = None
    ) -> None:
        """CANDIDATE to SHADOW, SHADOW or CANDIDATE to RETIRED; idempotent.

        Raises:
            IllegalMove: from its status there is no way to this one.
            NotOwner: the fence is stale.
        """

    def allot_version(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """A version name never given before; the same one for the same run."""


class ArtifactStore(Protocol):
    """Bundles by the sha256 of their bytes."""

    def put(self, data: bytes) -> str:
        """Store bytes atomically; their sha256 (hex)."""

    def get(self, sha256: str) -> bytes:
        """Raises CorruptArtifact when they are missing or do not match."""

    def remove(self, sha256: str) -> None:
        """Forget the bytes; none there changes nothing."""
