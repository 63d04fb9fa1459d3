"""The registry: which version of a model type is live, moved by compare-and-set, with its whole history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from clm.errors import IllegalMove, MalformedEvent, StaleEpoch, UnknownVersion
from clm.events import CLOCK_KINDS, Moved, Refused, moment
from clm.model import NAIVE, ModelArtifact, ModelStatus, ModelType, version_name
from clm.ports import Route
from clm.records import Decision, canonical
from clm.store.artifact_record import pack_artifact, unpack_artifact
from clm.store.codec import decode, decode_decision, encode, encode_decision
from clm.store.decision_log import head_of, logged
from clm.store.keys import Keys
from clm.store.keyspace import Add, Check, Keyspace, Put, Write

ROLE = "registry"
RULE = "registry-1"
AUTOMATION = "clm"
REFUSED = b"refused"
PROMOTED, ROLLED_BACK = "promoted", "rolled_back"

LEGAL_MARKS = {
    ModelStatus.SHADOW: frozenset({ModelStatus.CANDIDATE, ModelStatus.SHADOW}),
    ModelStatus.RETIRED: frozenset({ModelStatus.CANDIDATE, ModelStatus.SHADOW, ModelStatus.RETIRED}),
}
"""Status -> those it may follow; ACTIVE comes and goes by moves only."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A move that somebody wants."""

    model_type: ModelType
    to_version: str
    epoch: int  # of the route that was seen
    cause: str
    actor: str
    reason: str
    at: int | None  # event clock, µs
    kind: str = PROMOTED


class RouteRegistry:
    """The versions and the route of each model type of a scope."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

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
        name = f"{artifact.model_type.value} {artifact.version}"
        if artifact.sha256 is None:
            raise IllegalMove(f"{name} has no sha256: store its bundle first")
        key = self._keys.versions(artifact.model_type.value)
        saved = self._space.commit(
            [Check(key, None, artifact.version)],
            [
                Put(key, pack_artifact(artifact), artifact.version),
                Add(self._keys.order(artifact.model_type.value), artifact.version.encode()),
            ],
        )
        known = None if saved else self.get_model(artifact.model_type, artifact.version)
        if known is not None and (known.sha256, known.run) != (artifact.sha256, artifact.run):
            raise IllegalMove(f"{name} exists already with another bundle: allot a version first")

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
        names = self._space.newest(self._keys.order(model_type.value), limit)
        return [self.get_model(model_type, name.decode()) for _, name in names]

    # --- as the event-driven system uses it ---

    def route(self, model_type: ModelType) -> Route:
        """The route record."""
        return _route(self._space.get(self._keys.route(model_type.value)))

    def get_model(self, model_type: ModelType, version: str) -> ModelArtifact:
        """A version without its models. Raises UnknownVersion."""
        raw = self._space.get(self._keys.versions(model_type.value), version)
        if raw is None:
            raise UnknownVersion(
                f"{model_type.value} has no version {version!r}: `clm history {model_type.value}` lists them"
            )
        return unpack_artifact(raw)

    def move(
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
        return self._carry_out(
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

    def rollback(
        self, model_type: ModelType, *, cause: str, actor: str, reason: str = ""
    ) -> Decision:
        """Move to the version that was live before the active one. Raises IllegalMove if none was."""
        earlier = _earlier(self._space.get(self._keys.causes(model_type.value), cause))
        if earlier is not None:
            return earlier
        route = self.route(model_type)  # before the stack: a move in between makes this epoch stale
        before = self._lived(model_type)
        if not before:
            raise IllegalMove(f"{model_type.value} is on {route.active}, before which nothing was live")
        return self._carry_out(
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

    def mark(self, model_type: ModelType, version: str, status: ModelStatus) -> None:
        """Show that a version is in shadow or was rejected; idempotent. Raises IllegalMove."""
        key = self._keys.versions(model_type.value)
        while True:
            raw, artifact = self._space.get(key, version), self.get_model(model_type, version)
            if artifact.status not in LEGAL_MARKS.get(status, frozenset()):
                raise IllegalMove(
                    f"{model_type.value} {version} is {artifact.status.value} and cannot become "
                    f"{status.value} by hand: promote another version instead"
                )
            put = Put(key, pack_artifact(replace(artifact, status=status)), version)
            if self._space.commit([Check(key, raw, version)], [put]):
                return

    def allot_version(self, model_type: ModelType, trained_at: datetime, run: str) -> str:
        """A version name never given before; the same one for the same run."""
        key, stem, number = self._keys.allotted(model_type.value), version_name(trained_at), 1
        while True:
            name = stem if number == 1 else f"{stem}_{number}"
            holder = self._space.get(key, name)
            if holder == run.encode():
                return name
            if holder is None and self._space.commit([Check(key, None, name)], [Put(key, run.encode(), name)]):
                return name
            number += holder is not None

    # --- moving ---

    def _carry_out(self, wish: Wish) -> Decision:
        name, causes = wish.model_type.value, self._keys.causes(wish.model_type.value)
        while True:
            done = self._space.get(causes, wish.cause)
            earlier = _earlier(done)
            if earlier is not None:
                return earlier
            raw = self._space.get(self._keys.route(name))
            route = _route(raw)
            self._allow(wish, route)
            head = self._space.get(self._keys.heads, ROLE)
            decision = head_of(head).chain(self._decision(wish, route))
            checks = [
                Check(self._keys.route(name), raw),
                Check(self._keys.heads, head, ROLE),
                Check(causes, done, wish.cause),
            ]
            if self._space.commit(checks, self._writes(wish, route, decision)):
                return decision

    def _allow(self, wish: Wish, route: Route) -> None:
        name = wish.model_type.value
        if wish.epoch != route.epoch:
            self._refuse(wish, route)
            raise StaleEpoch(
                f"{name} is at epoch {route.epoch} on {route.active}, the mover saw {wish.epoch}: look again"
            )
        automation = wish.actor == AUTOMATION
        if automation and (route.frozen or wish.to_version in route.locked_out):
            self._refuse(wish, route)
            why = "frozen" if route.frozen else f"locked out of {wish.to_version}"
            raise IllegalMove(f"{name} is {why}: only an operator may move it")
        if wish.to_version != NAIVE:
            self.get_model(wish.model_type, wish.to_version)

    def _refuse(self, wish: Wish, route: Route) -> None:
        event = Refused(
            p=f"refused:{wish.cause}",
            n=0,
            at=self._at(wish),
            model_type=wish.model_type.value,
            epoch=route.epoch,
            from_version=route.active,
            to_version=wish.to_version,
            cause=wish.cause,
            actor=wish.actor,
        )
        causes = self._keys.causes(wish.model_type.value)
        self._space.commit(
            [Check(causes, None, wish.cause)],
            [Put(causes, REFUSED, wish.cause), Add(self._keys.events, encode(event))],
        )

    def _decision(self, wish: Wish, route: Route) -> Decision:
        return Decision(
            role=ROLE,
            kind=wish.kind,
            at=self._at(wish),
            model_type=wish.model_type.value,
            version=wish.to_version,
            reason=wish.reason,
            evidence={"from": route.active, "to": wish.to_version, "epoch": route.epoch + 1},
            rule=RULE,
            actor=wish.actor,
            cause=wish.cause,
        )

    def _writes(self, wish: Wish, route: Route, decision: Decision) -> list[Write]:
        name = wish.model_type.value
        moved = replace(route, epoch=route.epoch + 1, active=wish.to_version, canary=None, share=0.0)
        event = Moved(
            p=ROLE,
            n=decision.n,
            at=decision.at,
            model_type=name,
            epoch=moved.epoch,
            from_version=route.active,
            to_version=wish.to_version,
            cause=wish.cause,
            actor=wish.actor,
        )
        return [
            Put(self._keys.route(name), canonical(asdict(moved))),
            Put(self._keys.lived(name), canonical(self._stack(wish, route))),
            Put(self._keys.causes(name), encode_decision(decision), wish.cause),
            *self._statuses(wish, route, decision.at),
            *logged(self._keys, decision),
            Add(self._keys.events, encode(event)),
        ]

    def _stack(self, wish: Wish, route: Route) -> list[str]:
        before = self._lived(wish.model_type)
        return before[:-1] if wish.kind == ROLLED_BACK else [*before, route.active]

    def _statuses(self, wish: Wish, route: Route, at: int) -> list[Write]:
        key = self._keys.versions(wish.model_type.value)
        changes = {route.active: ModelStatus.RETIRED, wish.to_version: ModelStatus.ACTIVE}
        writes: list[Write] = []
        for version, status in changes.items():
            if version == NAIVE:
                continue
            artifact = replace(self.get_model(wish.model_type, version), status=status)
            if status is ModelStatus.ACTIVE:
                artifact = replace(artifact, activated_at=moment(at))
            writes.append(Put(key, pack_artifact(artifact), version))
        return writes

    def _lived(self, model_type: ModelType) -> list[str]:
        raw = self._space.get(self._keys.lived(model_type.value))
        return list(json.loads(raw)) if raw else []

    def _at(self, wish: Wish) -> int:
        """The event clock: of the cause, else of the newest event that tells the time."""
        if wish.at is not None:
            return wish.at
        return max(self._times(self._space.newest(self._keys.events, 200)), default=0)

    def _times(self, rows: Sequence[tuple[str, bytes]]) -> list[int]:
        times = []
        for _, data in rows:
            try:
                event = decode(data)
            except MalformedEvent:
                continue
            if event.kind in CLOCK_KINDS:
                times.append(event.at)
        return times


def _earlier(done: bytes | None) -> Decision | None:
    """The decision of a cause that has moved already."""
    return None if done is None or done == REFUSED else decode_decision(done)


def _route(raw: bytes | None) -> Route:
    if raw is None:
        return Route()
    values = json.loads(raw)
    return Route(**{**values, "locked_out": tuple(values["locked_out"])})
