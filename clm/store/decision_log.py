"""The decision log: one stream, a chain per role, and events that are written with a decision."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from clm.errors import NotOwner, OutOfOrder
from clm.events import Event
from clm.ports import Fence
from clm.records import GENESIS, Decision, Head
from clm.store.codec import decode_decision, encode, encode_decision
from clm.store.keys import Keys
from clm.store.keyspace import FIELD, HOLE, Add, Check, Keyspace, Put, Write


class StreamDecisionLog:
    """The decision log of a scope."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys
        self._next: dict[tuple[str, Fence | None], Callable[..., bool]] = {}  # role, fence -> prepared append

    def head(self, role: str) -> Head:
        """The newest link of a role's chain."""
        return head_of(self._space.get(self._keys.heads, role))

    def heads(self) -> dict[str, Head]:
        """Role -> the newest link of its chain."""
        return heads_of(self._space, self._keys)

    def append(self, decision: Decision, fence: Fence | None, events: Sequence[Event] = ()) -> bool:
        """Append a role's next decision with the events that announce it, in one write.

        Returns False, writing nothing, for a number that is logged already.

        Raises:
            NotOwner: the fence is stale.
            OutOfOrder: the number skips one, or another decision has it.
        """
        if self._appended(decision, fence, events):
            return True
        head = self.head(decision.role)
        if decision.n <= head.n:
            return self._again(decision)
        if (decision.n, decision.prev) != (head.n + 1, head.hash):
            raise OutOfOrder(
                f"{decision.id} does not follow {decision.role}-{head.n}: fold the stream from its checkpoint"
            )
        require(self._space, self._keys, fence)
        return self.append(decision, fence, events)

    def _appended(self, decision: Decision, fence: Fence | None, events: Sequence[Event]) -> bool:
        before = head_before(decision)
        if before is None or events:
            follows = Check(self._keys.heads, before, decision.role)
            announced = [Add(self._keys.events, encode(event)) for event in events]
            wanted = [*logged(self._keys, decision), *announced]
            return self._space.commit([follows, *held(self._keys, fence)], wanted)
        append = self._next.get((decision.role, fence)) or self._prepared(decision.role, fence)
        after = _head_value(decision.n, decision.hash)
        return append(before, encode_decision(decision), after, decision.id.encode(), decision.hash.encode())

    def _prepared(self, role: str, fence: Fence | None) -> Callable[..., bool]:
        """The append of a role's next decision but for its values: the head, then those of ``_link``."""
        checks = [Check(self._keys.heads, HOLE, role), *held(self._keys, fence)]
        made = self._space.prepare(checks, _link(self._keys, role, HOLE, HOLE, FIELD, HOLE))
        self._next = {(role, fence): made}  # a process appends for one role, and rarely under a new fence
        return made

    def read(self, after: str, count: int = 1000, block_ms: int | None = None) -> list[tuple[str, Decision]]:
        """The decisions after an entry id, oldest first; waits up to ``block_ms`` for the first."""
        rows = self._space.read(self._keys.decisions, after, count, block_ms)
        return [(entry_id, decode_decision(data)) for entry_id, data in rows]

    def last_id(self) -> str:
        """The entry id of the newest decision, "0-0" when there is none."""
        return self._space.last_id(self._keys.decisions)

    def _again(self, decision: Decision) -> bool:
        known = self._space.get(self._keys.hashes, decision.id)
        if known != decision.hash.encode():
            raise OutOfOrder(
                f"{decision.id} was logged with another content: the stream or the policy has changed since"
            )
        return False


def head_of(value: bytes | None) -> Head:
    """A head from its stored value."""
    return Head(*json.loads(value)) if value else Head()


def heads_of(space: Keyspace, keys: Keys) -> dict[str, Head]:
    """Role -> the newest link of its chain, all of one moment."""
    return {role: head_of(value) for role, value in space.all(keys.heads).items()}


def head_before(decision: Decision) -> bytes | None:
    """The stored head that a decision follows, None before the first: known without asking."""
    return _head_value(decision.n - 1, decision.prev) if decision.n > 1 or decision.prev != GENESIS else None


def logged(keys: Keys, decision: Decision) -> list[Write]:
    """The writes that log a chained decision."""
    head = _head_value(decision.n, decision.hash)
    return _link(keys, decision.role, encode_decision(decision), head, decision.id, decision.hash.encode())


def held(keys: Keys, fence: Fence | None) -> list[Check]:
    """The checks that a fence is still the newest of its name."""
    return [] if fence is None else [Check(keys.token(fence.name), str(fence.token).encode())]


def require(space: Keyspace, keys: Keys, fence: Fence | None) -> None:
    """Raises NotOwner unless a fence is still the newest of its name."""
    if fence is not None and not space.commit(held(keys, fence), []):
        raise NotOwner(f"{fence.owner} no longer owns {fence.name}: token {fence.token} is stale")


def _link(keys: Keys, role: str, record: bytes, head: bytes, name: str, digest: bytes) -> list[Write]:
    return [Add(keys.decisions, record), Put(keys.heads, head, role), Put(keys.hashes, digest, name)]


def _head_value(n: int, digest: str) -> bytes:
    return b'[%d,"%b"]' % (n, digest.encode())  # canonical, as everybody writes it
