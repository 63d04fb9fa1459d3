"""The registry: which version of a model type is live, moved by compare-and-set, with its whole history."""

from __future__ import annotations

from datetime import datetime

from clm.errors import IllegalMove
from clm.model import NAIVE, ModelArtifact, ModelStatus, ModelType
from clm.ports import Fence, Route
from clm.records import ROLLED_BACK, Decision
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.moves import Mover, Wish
from clm.store.route_record import earlier, unpack_lived, unpack_route
from clm.store.versions import Versions


class RouteRegistry:
    """The versions and the route of each model type of a scope."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys
        self._versions = Versions(space, keys)
        self._mover = Mover(space, keys, self._versions)

    # --- the seed's five ---

    def get_active(self, model_type: ModelType) -> ModelArtifact | None:
        """The active version, or None while the naive forecast serves."""
        active = self.route(model_type).active
        return None if active == NAIVE else self.get_model(model_type, active)

    def save_model(self, artifact: ModelArtifact) -> None:
        """Keep a new version, once: the same one of the same run again changes nothing.

        Raises:
            IllegalMove: another artifact has this version, or this one has no stored bundle.
        """
        self._versions.save(artifact)

    def promote(self, model_type: ModelType, new_version: str) -> None:
        """Make a version active by hand; the active one again changes nothing."""
        route = self.route(model_type)
        if route.active != new_version:
            cause = f"operator:{model_type.value}:{new_version}:{route.epoch}"
            self.move(model_type, new_version, epoch=route.epoch, cause=cause, actor="operator")

    def retire(self, model_type: ModelType, version: str) -> None:
        """Take a version out of use. Raises IllegalMove for the active one."""
        self.mark(model_type, version, ModelStatus.RETIRED)

    def get_model_history(self, model_type: ModelType, limit: int = 10) -> list[ModelArtifact]:
        """The newest versions, newest first."""
        return self._versions.newest(model_type, limit)

    # --- as the event-driven system uses it ---

    def route(self, model_type: ModelType) -> Route:
        """The route record."""
        return unpack_route(self._space.get(self._keys.route(model_type.value)))

    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact:
        """A version without its models. Raises UnknownVersion."""
        return self._versions.get(model_type, version)

    def move(  # noqa: PLR0913 - the port's
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
        """Route to a version, retire the one before, log a decision and ``moved``, in one write.

        Raises:
            StaleEpoch, UnknownVersion, IllegalMove: see the port.
        """
        return self._mover.carry_out(
            Wish(
                model_type=model_type,
                to_version=to_version,
                epoch=epoch,
                cause=cause,
                actor=actor,
                reason=reason,
                at=at,
            )
        )

    def rollback(self, model_type: ModelType, *, cause: str, actor: str, reason: str = "") -> Decision:
        """Move to the version that was live before the active one. Raises IllegalMove if none was."""
        decided = earlier(self._space.get(self._keys.causes(model_type.value), cause))
        if decided is not None:
            return decided
        route = self.route(model_type)  # before the stack: a move in between makes this epoch stale
        before = unpack_lived(self._space.get(self._keys.lived(model_type.value)))
        if not before:
            raise IllegalMove(f"{model_type.value} is on {route.active}, before which nothing was live")
        return self._mover.carry_out(
            Wish(
                model_type=model_type,
                to_version=before[-1],
                epoch=route.epoch,
                cause=cause,
                actor=actor,
                reason=reason,
                at=None,
                kind=ROLLED_BACK,
            )
        )

    def mark(
        self, model_type: ModelType, version: str, status: ModelStatus, fence: Fence | None = None
    ) -> None:
        """Show that a version is in shadow or was rejected; idempotent. Raises IllegalMove and NotOwner."""
        self._versions.mark(model_type, version, status, fence)

    def allot_version(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """A version name never given before; the same one for the same run."""
        return self._versions.allot(model_type, trained_at, run)
