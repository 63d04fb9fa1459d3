"""The registry: which version of a model type is live, moved by compare-and-set, with its whole history."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from clm.decisions.keeping import spare
from clm.decisions.moves import Move
from clm.decisions.rights import Rights
from clm.decisions.route import Route
from clm.errors import UnknownVersion
from clm.model import NAIVE, ModelArtifact, ModelStatus, ModelType
from clm.ports import LOOKED_THROUGH, Fence, Witness
from clm.records import PROMOTED, ROLLED_BACK, Decision
from clm.store.decision_log import heads_of
from clm.store.keys import Keys
from clm.store.keyspace import Check, Keyspace
from clm.store.moves import Mover, Wish
from clm.store.route_record import unpack_lived, unpack_route
from clm.store.versions import Versions

CHAMPION, CHALLENGER = "champion", "challenger"
"""Aliases: the active version, and the canary or else the newest version in shadow."""

ANYBODY = Rights()


class RouteRegistry:
    """The versions and the route of each model type of a scope.

    Parameters:
        durable: a move is on the server's disk before it counts, where the server can say so; up to
            a second with the usual ``appendfsync everysec``.
        witness: keeps the heads of the decision log with every move.
        rights: who may make which move; it binds this registry's callers, the server's own access rules
            whoever comes another way.
    """

    def __init__(
        self,
        space: Keyspace,
        keys: Keys,
        *,
        durable: bool = False,
        witness: Witness | None = None,
        rights: Rights = ANYBODY,
    ) -> None:
        self._space, self._keys, self._witness, self._rights = space, keys, witness, rights
        self._versions = Versions(space, keys)
        self._mover = Mover(space, keys, self._versions, durable=durable)

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
        """A version without its models, by its name or alias. Raises UnknownVersion."""
        return self._versions.get(model_type, self.resolve(model_type, version))

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
        move = Move(kind=PROMOTED, actor=actor, epoch=epoch, version=to_version)
        return self.change(model_type, move, cause=cause, reason=reason, at=at)

    def rollback(self, model_type: ModelType, *, cause: str, actor: str, reason: str = "") -> Decision:
        """Move to the version that was live before the active one. Raises IllegalMove if none was."""
        return self.change(model_type, Move(kind=ROLLED_BACK, actor=actor), cause=cause, reason=reason)

    def change(
        self, model_type: ModelType, move: Move, *, cause: str, reason: str = "", at: int | None = None
    ) -> Decision:
        """Make any move of the table, in one write. Raises StaleEpoch, UnknownVersion and IllegalMove."""
        self._rights.require(move.actor, move.kind)
        move = replace(move, version=self.resolve(model_type, move.version))
        wish = Wish(model_type=model_type, move=move, cause=cause, reason=reason, at=at)
        decision = self._mover.carry_out(wish)
        if self._witness is not None:
            self._witness.saw(heads_of(self._space, self._keys))
        return decision

    def resolve(self, model_type: ModelType, name: str) -> str:
        """The version that an alias stands for; any other name as it is.

        Raises:
            UnknownVersion: there is no challenger.
        """
        if name == CHAMPION:
            return self.route(model_type).active
        if name != CHALLENGER:
            return name
        route = self.route(model_type)
        waiting = (
            each.version for each in self._versions.newest(model_type, LOOKED_THROUGH) if in_line(each)
        )
        found = route.canary or next(waiting, None)
        if found is None:
            raise UnknownVersion(f"{model_type.value} has no challenger: nothing is in shadow or canary")
        return found

    def mark(
        self, model_type: ModelType, version: str, status: ModelStatus, fence: Fence | None = None
    ) -> None:
        """Show that a version is in shadow or was rejected; idempotent. Raises IllegalMove and NotOwner."""
        self._versions.mark(model_type, version, status, fence)

    def allot_version(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """A version name never given before; the same one for the same run."""
        return self._versions.allot(model_type, trained_at, run)

    def release(self, model_type: ModelType, version: str) -> bool:
        """Give up the bundle of a version that nobody may need; False while somebody may."""
        while True:
            raw = self._space.get(self._keys.route(model_type.value))
            lived = unpack_lived(self._space.get(self._keys.lived(model_type.value)))
            record = self._versions.get(model_type, version)
            if not spare(record, unpack_route(raw), lived):
                return False
            check, put = self._versions.released(model_type, version)
            if self._space.commit([Check(self._keys.route(model_type.value), raw), check], [put]):
                return True


def in_line(artifact: ModelArtifact) -> bool:
    """Whether a version is on its way to be promoted."""
    return artifact.status is ModelStatus.SHADOW
