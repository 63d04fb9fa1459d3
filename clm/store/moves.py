"""Moves: a route goes from one version to another by compare-and-set, in one write with all it entails."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clm.errors import IllegalMove, StaleEpoch
from clm.events import Moved, Refused, moment
from clm.model import NAIVE, ModelStatus, ModelType
from clm.ports import Entry, Route
from clm.records import PROMOTED, REGISTRY, ROLLED_BACK, Decision, canonical
from clm.store.admission import time_told
from clm.store.artifact_record import pack_artifact
from clm.store.codec import encode, encode_decision
from clm.store.decision_log import head_of, logged
from clm.store.keys import Keys
from clm.store.keyspace import Add, Check, Keyspace, Put, Write
from clm.store.route_record import REFUSED, earlier, pack_route, unpack_lived, unpack_route
from clm.store.versions import Versions

RULE = "registry-1"
AUTOMATION = "clm"
LOOK_BACK = 200
"""Newest events among which the event clock is looked for."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A move that somebody wants."""

    model_type: ModelType
    to_version: str
    epoch: int  # of the route that was seen
    cause: str
    actor: str
    reason: str
    at: int | None  # event clock, µs; None: of the newest event that tells the time
    kind: str = PROMOTED


class Mover:
    """Carries out wishes."""

    def __init__(self, space: Keyspace, keys: Keys, versions: Versions) -> None:
        self._space, self._keys, self._versions = space, keys, versions

    def carry_out(self, wish: Wish) -> Decision:
        """Move; the decision. A cause that has moved returns its decision again, changing nothing.

        Raises:
            StaleEpoch: the route moved since; a ``refused`` event was written.
            UnknownVersion: the version is not kept.
            IllegalMove: frozen or locked out, and the actor is automation; ``refused`` was written.
        """
        name, causes = wish.model_type.value, self._keys.causes(wish.model_type.value)
        wish = replace(wish, at=self._at(wish))
        while True:
            done = self._space.get(causes, wish.cause)
            decided = earlier(done)
            if decided is not None:
                return decided
            raw = self._space.get(self._keys.route(name))
            route = unpack_route(raw)
            self._allow(wish, route)
            head = self._space.get(self._keys.heads, REGISTRY)
            decision = head_of(head).chain(_decision(wish, route))
            checks = [
                Check(self._keys.route(name), raw),
                Check(self._keys.heads, head, REGISTRY),
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
            self._versions.get(wish.model_type, wish.to_version)

    def _refuse(self, wish: Wish, route: Route) -> None:
        event = Refused(
            p=f"refused:{wish.cause}",
            n=0,
            at=wish.at or 0,
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

    def _writes(self, wish: Wish, route: Route, decision: Decision) -> list[Write]:
        name = wish.model_type.value
        moved = replace(route, epoch=route.epoch + 1, active=wish.to_version, canary=None, share=0.0)
        return [
            Put(self._keys.route(name), pack_route(moved)),
            Put(self._keys.lived(name), canonical(self._stack(wish, route))),
            Put(self._keys.causes(name), encode_decision(decision), wish.cause),
            *self._statuses(wish, route, decision.at),
            *logged(self._keys, decision),
            Add(self._keys.events, encode(_moved(wish, route, decision))),
        ]

    def _stack(self, wish: Wish, route: Route) -> list[str]:
        before = unpack_lived(self._space.get(self._keys.lived(wish.model_type.value)))
        return before[:-1] if wish.kind == ROLLED_BACK else [*before, route.active]

    def _statuses(self, wish: Wish, route: Route, at: int) -> list[Write]:
        key = self._keys.versions(wish.model_type.value)
        changes = {route.active: ModelStatus.RETIRED, wish.to_version: ModelStatus.ACTIVE}
        writes: list[Write] = []
        for version, status in changes.items():
            if version == NAIVE:
                continue
            artifact = replace(self._versions.get(wish.model_type, version), status=status)
            if status is ModelStatus.ACTIVE:
                artifact = replace(artifact, activated_at=moment(at))
            writes.append(Put(key, pack_artifact(artifact), version))
        return writes

    def _at(self, wish: Wish) -> int:
        """The event clock: of the cause, else the largest of the newest events that tell the time."""
        if wish.at is not None:
            return wish.at
        newest = self._space.newest(self._keys.events, LOOK_BACK)
        return max((time_told(Entry(*each)) for each in newest), default=0)


def _decision(wish: Wish, route: Route) -> Decision:
    return Decision(
        role=REGISTRY,
        kind=wish.kind,
        at=wish.at or 0,
        model_type=wish.model_type.value,
        version=wish.to_version,
        reason=wish.reason,
        evidence={"from": route.active, "to": wish.to_version, "epoch": route.epoch + 1},
        rule=RULE,
        actor=wish.actor,
        cause=wish.cause,
    )


def _moved(wish: Wish, route: Route, decision: Decision) -> Moved:
    return Moved(
        p=REGISTRY,
        n=decision.n,
        at=decision.at,
        model_type=wish.model_type.value,
        epoch=route.epoch + 1,
        from_version=route.active,
        to_version=wish.to_version,
        cause=wish.cause,
        actor=wish.actor,
    )
