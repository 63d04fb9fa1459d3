"""The backlog: entries on their way to the server, the oldest on disk, the newest in memory."""

from __future__ import annotations

from collections.abc import Sequence

from producers.parcels import Parcel
from producers.spool import Spool


class Backlog:
    """First in, first out: what is in the spool is older than what is in memory.

    Args:
        spool: None: everything waits in memory.
    """

    def __init__(self, spool: Spool | None) -> None:
        self.spool = spool
        self._packed: list[Parcel] = []

    @property
    def pending(self) -> int:
        """Events and input rows in memory."""
        return sum(parcel.events for parcel in self._packed)

    @property
    def spooled(self) -> int:
        """Events and input rows in the spool."""
        return self.spool.events if self.spool else 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits in it."""
        return not self._packed and not self.spooled

    def add(self, parcels: Sequence[Parcel]) -> None:
        """Put the newest behind all others, in memory."""
        self._packed += parcels

    def oldest(self) -> list[Parcel]:
        """What is to be sent next; empty when nothing waits."""
        if self.spool and self.spool.segments and (parcels := self.spool.oldest()):
            return parcels
        return self._packed[:]

    def forget(self, parcels: Sequence[Parcel]) -> None:
        """The oldest were sent; those that were in memory then may be in the spool now."""
        moved = min(len(parcels), self.spool.entries) if self.spool else 0
        if self.spool and moved:
            self.spool.take(parcels[:moved])
        del self._packed[: len(parcels) - moved]

    def spill(self) -> bool:
        """Move what is in memory to the spool; whether nothing is left there."""
        if self._packed and self.spool:
            del self._packed[: self.spool.append(self._packed)]
        return not self._packed
