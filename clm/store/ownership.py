"""Leases with fencing tokens, checkpoints under them, and how far each role is."""

from __future__ import annotations

from clm.decisions import rollout, shadow, watch
from clm.errors import NotOwner
from clm.ports import Fence
from clm.steps.dispatch import ROLE as DISPATCHER
from clm.store.decision_log import held
from clm.store.keys import OPEN_RUNS, Keys
from clm.store.keyspace import Check, Drop, Keyspace, Put, Write


class LeaseOwnership:
    """Who owns a role: one process at a time."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def acquire(self, role: str, owner: str, ttl_s: float) -> Fence | None:
        """The fence, or None while another owner's lease runs; an owner may take its own role again."""
        mine = owner.encode() if self._space.get(self._keys.lease(role)) == owner.encode() else None
        checks, writes, fence = taken(self._space, self._keys, role, owner, ttl_s, mine)
        return fence if self._space.commit(checks, writes) else None

    def renew(self, fence: Fence, ttl_s: float) -> None:
        """Extend the lease. Raises NotOwner when it was lost."""
        keep_lease(self._space, self._keys, fence, ttl_s)

    def release(self, fence: Fence) -> None:
        """Give the role up; a lease that was lost already stays with its new owner."""
        lease = self._keys.lease(fence.name)
        self._space.commit([*held(self._keys, fence)], [Drop(lease)])


def taken(
    space: Keyspace, keys: Keys, name: str, owner: str, ttl_s: float, found: bytes | None = None
) -> tuple[list[Check], list[Write], Fence]:
    """The checks and writes that take a lease, with the fence they give.

    Parameters:
        found: the lease as it must be; None: free.
    """
    before = space.get(keys.token(name))
    fence = Fence(name, owner, int(before or 0) + 1)
    checks = [Check(keys.lease(name), found), Check(keys.token(name), before)]
    writes: list[Write] = [
        Put(keys.lease(name), owner.encode(), ttl_ms=round(ttl_s * 1000)),
        Put(keys.token(name), str(fence.token).encode()),
    ]
    return checks, writes, fence


def keep_lease(space: Keyspace, keys: Keys, fence: Fence, ttl_s: float) -> None:
    """Extend a lease. Raises NotOwner when a later owner has a token."""
    lease = Put(keys.lease(fence.name), fence.owner.encode(), ttl_ms=round(ttl_s * 1000))
    if not space.commit(held(keys, fence), [lease]):
        raise NotOwner(f"{fence.owner} lost {fence.name}: token {fence.token} is stale")


class FencedCheckpoints:
    """Cursor and state of each role, saved together."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def load(self, role: str) -> tuple[str, bytes] | None:
        """The newest cursor and state, None before the first."""
        value = self._space.get(self._keys.checkpoint(role))
        if value is None:
            return None
        cursor, _, state = value.partition(b"\n")
        return cursor.decode(), state

    def save(self, role: str, fence: Fence | None, cursor: str, state: bytes) -> None:
        """Save both. Raises NotOwner when the fence is stale."""
        value = Put(self._keys.checkpoint(role), cursor.encode() + b"\n" + state)
        saved = Put(self._keys.saved, cursor.encode(), role)
        if not self._space.commit(held(self._keys, fence), [value, saved]):
            raise NotOwner(f"checkpoint of {role} refused: its owner is another process now")

    def cursors(self) -> dict[str, str]:
        """Role -> cursor of its newest checkpoint, without the state."""
        return {role: cursor.decode() for role, cursor in self._space.all(self._keys.saved).items()}


class HashProgress:
    """How far each role has folded."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def report(self, role: str, cursor: str, fence: Fence | None = None) -> None:
        """A role has folded everything up to an entry; of no effect when the fence is stale."""
        self._space.post(held(self._keys, fence), [Put(self._keys.progress, cursor.encode(), role)])

    def cursors(self) -> dict[str, str]:
        """Role -> the newest entry it has folded."""
        table = self._space.all(self._keys.progress)
        return {role: cursor.decode() for role, cursor in table.items() if role != OPEN_RUNS}

    def settled(self) -> bool:
        """Every role has folded the newest entry, every decision is dispatched, no run is open."""
        streams = (self._keys.events, self._keys.decisions)
        cursors, (event, decision) = self._space.snapshot(self._keys.progress, streams)
        wanted = {watch.ROLE: event, shadow.ROLE: event, DISPATCHER: decision}
        wanted |= {rollout.ROLE: event} if rollout.ROLE in cursors else {}
        return int(cursors.get(OPEN_RUNS, b"0")) == 0 and all(
            newest == "0-0" or cursors.get(role) == newest.encode() for role, newest in wanted.items()
        )
