"""Which numbers of one producer were seen: each counts once, in whatever order they arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_MISSING = 4096
"""Numbers of one producer that may still arrive late; older ones are counted as lost."""


@dataclass(slots=True)
class Numbers:
    """The numbers seen of one producer, told from a first one on.

    Nobody knows where a producer began: numbers below the first seen are no gap, yet each of the
    ``MAX_MISSING`` before it is taken once, for the first events of a producer may arrive reordered.
    """

    first: int  # the first seen
    newest: int  # the largest seen
    lost: int = 0  # numbers given up on
    missing: set[int] = field(default_factory=set)  # between first and newest, may still come
    early: set[int] = field(default_factory=set)  # below first, seen

    def take(self, n: int) -> bool:
        """Whether a number is new; it is seen from now on."""
        if n > self.newest:
            if n > self.newest + 1:
                self._skip(self.newest + 1, n)
            self.newest = n
            return True
        if n in self.missing:
            self.missing.discard(n)
            return True
        if self.first - MAX_MISSING <= n < self.first and n not in self.early:
            self.early.add(n)
            return True
        return False

    @property
    def gaps(self) -> int:
        """Numbers that are missing so far, lost ones included."""
        return self.lost + len(self.missing)

    def _skip(self, start: int, stop: int) -> None:
        kept = max(start, stop - MAX_MISSING)
        self.lost += kept - start
        self.missing.update(range(kept, stop))
        excess = len(self.missing) - MAX_MISSING
        if excess > 0:
            self.missing.difference_update(sorted(self.missing)[:excess])
            self.lost += excess

    def state(self) -> list[Any]:
        """As msgpack can carry it."""
        return [self.first, self.newest, self.lost, sorted(self.missing), sorted(self.early)]

    @classmethod
    def restored(cls, state: list[Any]) -> Numbers:
        """From a saved state."""
        first, newest, lost, missing, early = state
        return cls(first, newest, lost, set(missing), set(early))
