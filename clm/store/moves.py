"""Moves: a route is replaced by compare-and-set, in one write with all that the move entails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from clm.decisions.moves import ABORTED, APPROVED, CANARY, Move, Stack, after, subject
from clm.decisions.route import Route
from clm.errors import ClmError, IllegalMove, StaleEpoch
from clm.events import Moved, Refused
from clm.model import NAIVE, ModelStatus, ModelType
from clm.ports import Entry
from clm.records import AUTOMATION, REGISTRY, SWAPS, Decision, canonical
from clm.store.admission import time_told
from clm.store.codec import encode, encode_decision
from clm.store.decision_log import head_of, logged
from clm.store.keys import Keys
from clm.store.keyspace import Add, Check, Keyspace, Put, Write
from clm.store.route_record import REFUSED, differences, earlier, pack_route, unpack_lived, unpack_route
from clm.store.versions import Versions

RULE = "registry-1"
LOOK_BACK = 200
"""Newest events among which the event clock is looked for."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A move that somebody wants."""

    model_type: ModelType
    move: Move
    cause: str
    reason: str = ""
    at: int | None = None  # event clock, µs; None: of the newest event that tells the time

    @property
    def name(self) -> str:
        """The model type, as on the wire."""
        return self.model_type.value


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is read before a move, and must still be there when it is written."""

    done: bytes | None  # what became of the cause
    raw: bytes | None  # the route record
    lived: Stack

    @property
    def route(self) -> Route:
        """The route of the record."""
        return unpack_route(self.raw)


class Mover:
    """Carries out wishes.

    Parameters:
        durable: a move is on the server's disk before it counts, where the server can say so.
    """

    def __init__(self, space: Keyspace, keys: Keys, versions: Versions, *, durable: bool = False) -> None:
        self._space, self._keys, self._versions = space, keys, versions
        self._durable = durable

    def carry_out(self, wish: Wish) -> Decision:
        """Move; the decision. A cause that has moved returns its decision again, changing nothing.

        Raises:
            StaleEpoch: the route moved since; a ``refused`` event was written.
            IllegalMove: the table does not allow it; ``refused`` was written where automation asked.
            UnknownVersion: the version is not kept.
        """
        wish = replace(wish, at=self._at(wish))
        while True:
            found = self._look(wish)
            decided = earlier(found.done)
            if decided is not None:
                return decided
            try:
                moved, lived = after(found.route, found.lived, wish.move)
            except (StaleEpoch, IllegalMove) as error:
                if self._refuse(wish, found, error):
                    raise type(error)(f"{wish.name}: {error}") from None
                continue
            decision = self._write(wish, found, moved, lived)
            if decision is not None:
                return decision

    def _look(self, wish: Wish) -> Found:
        """The route before the stack: a move in between is then seen when this one is written."""
        return Found(
            done=self._space.get(self._keys.causes(wish.name), wish.cause),
            raw=self._space.get(self._keys.route(wish.name)),
            lived=tuple(unpack_lived(self._space.get(self._keys.lived(wish.name)))),
        )

    def _refuse(self, wish: Wish, found: Found, error: ClmError) -> bool:
        """Announce a refusal, once per cause; False if the route moved meanwhile, so that it may be none."""
        checks = [Check(self._keys.route(wish.name), found.raw)]
        if found.done == REFUSED or (wish.move.actor != AUTOMATION and isinstance(error, IllegalMove)):
            return self._space.commit(checks, [])
        causes, route = self._keys.causes(wish.name), found.route
        event = Refused(
            p=f"refused:{wish.cause}",
            n=0,
            at=wish.at or 0,
            model_type=wish.name,
            epoch=route.epoch,
            from_version=route.active,
            to_version=wish.move.version or route.active,
            cause=wish.cause,
            actor=wish.move.actor,
        )
        checks.append(Check(causes, None, wish.cause))
        return self._space.commit(
            checks, [Put(causes, REFUSED, wish.cause), Add(self._keys.events, encode(event))]
        )

    def _write(self, wish: Wish, found: Found, moved: Route, lived: Stack) -> Decision | None:
        """Everything in one write; None if anything that was read has changed."""
        head = self._space.get(self._keys.heads, REGISTRY)
        decision = head_of(head).chain(_decision(wish, found.route, moved))
        checks = [
            Check(self._keys.route(wish.name), found.raw),
            Check(self._keys.heads, head, REGISTRY),
            Check(self._keys.causes(wish.name), found.done, wish.cause),
        ]
        writes: list[Write] = [
            Put(self._keys.route(wish.name), pack_route(moved)),
            Put(self._keys.lived(wish.name), canonical(list(lived))),
            Put(self._keys.causes(wish.name), encode_decision(decision), wish.cause),
            *logged(self._keys, decision),
            Add(self._keys.events, encode(_announced(wish, found.route, moved, decision))),
        ]
        for version, status in _statuses(wish.move, found.route, moved).items():
            check, put = self._versions.changed(wish.model_type, version, status, decision.at)
            checks.append(check)
            writes.append(put)
        return decision if self._space.commit(checks, writes, durable=self._durable) else None

    def _at(self, wish: Wish) -> int:
        """The event clock: of the cause, else the largest of the newest events that tell the time."""
        if wish.at is not None:
            return wish.at
        newest = self._space.newest(self._keys.events, LOOK_BACK)
        return max((time_told(Entry(*each)) for each in newest), default=0)


def _statuses(move: Move, route: Route, moved: Route) -> dict[str, ModelStatus | None]:
    """Version -> its status after a move; None: as it is, but the version must be there."""
    statuses: dict[str, ModelStatus | None] = {}
    if move.kind == CANARY:
        statuses[move.version] = ModelStatus.SHADOW
    elif move.kind == ABORTED:
        statuses[str(route.canary)] = ModelStatus.RETIRED
    elif move.kind in SWAPS:
        statuses |= {route.active: ModelStatus.RETIRED, moved.active: ModelStatus.ACTIVE}
    elif move.kind == APPROVED:
        statuses[move.version] = None
    return {version: status for version, status in statuses.items() if version != NAIVE}


def _decision(wish: Wish, route: Route, moved: Route) -> Decision:
    return Decision(
        role=REGISTRY,
        kind=wish.move.kind,
        at=wish.at or 0,
        model_type=wish.name,
        version=subject(route, moved, wish.move),
        reason=wish.reason,
        evidence={
            "from": route.active,
            "to": moved.active,
            "epoch": moved.epoch,
            **differences(route, moved),
        },
        rule=RULE,
        actor=wish.move.actor,
        cause=wish.cause,
    )


def _announced(wish: Wish, route: Route, moved: Route, decision: Decision) -> Moved:
    facts: dict[str, Any] = {}
    if route.active == moved.active:
        canary = route.canary if wish.move.kind == ABORTED else moved.canary
        facts = {"change": wish.move.kind, "canary": canary}
        facts |= {"share": moved.share} if canary else {}
    return Moved(
        p=REGISTRY,
        n=decision.n,
        at=decision.at,
        model_type=wish.name,
        epoch=moved.epoch,
        from_version=route.active,
        to_version=moved.active,
        cause=wish.cause,
        actor=wish.move.actor,
        locked_out=moved.locked_out or None,
        **facts,
    )
