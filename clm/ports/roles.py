"""Roles: who owns one, how far it is, and what it saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fence:
    """Proof of owning a role or a run: a later owner has a higher token."""

    name: str  # role or run id
    owner: str
    token: int


class Checkpoints(Protocol):
    """Cursor and folded state of a role, saved together."""

    def load(self, role: str) -> tuple[str, bytes] | None: ...

    def save(self, role: str, fence: Fence | None, cursor: str, state: bytes) -> None:
        """Raises NotOwner when the fence is stale."""

    def cursors(self) -> dict[str, str]:
        """Role -> cursor of its newest checkpoint."""


class Ownership(Protocol):
    """Who owns a role: one process at a time, by a lease that must be renewed."""

    def acquire(self, role: str, owner: str, ttl_s: float) -> Fence | None:
        """The fence, or None while another owner's lease runs; an owner may take its own role again."""

    def renew(self, fence: Fence, ttl_s: float) -> None:
        """Raises NotOwner when the lease was lost."""

    def release(self, fence: Fence) -> None: ...


class Progress(Protocol):
    """How far each role has folded, for whoever waits on it (the lock-step trader, operators)."""

    def report(self, role: str, cursor: str, fence: Fence | None = None) -> None:
        """A role has folded everything up to an entry; of no effect when the fence is stale.

        Nobody waits for it: it shows a moment later.
        """

    def cursors(self) -> dict[str, str]:
        """Role -> the newest entry it has folded."""

    def settled(self) -> bool:
        """Every role has folded the newest entry, every decision is dispatched, no run is open."""
