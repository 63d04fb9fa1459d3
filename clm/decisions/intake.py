"""Intake: each event counts once, and the event clock moves with those that tell the time."""

from __future__ import annotations

from typing import Any

from clm.events import CLOCK, CLOCK_KINDS, Event

MAX_MISSING = 4096
"""Numbers of one producer that may still arrive late; older ones are counted as lost."""


class Intake:
    """Folds every event of a stream into the clock and, per producer, which numbers were seen.

    >>> from clm.events import tick
    >>> intake = Intake()
    >>> intake.accept(tick(60_000_000)), intake.accept(tick(60_000_000)), intake.clock
    (True, False, 60000000)
    """

    def __init__(self) -> None:
        self.clock = 0  # µs, the largest ``at`` so far
        self.duplicates = 0
        self.lost = 0  # numbers given up on
        self._newest: dict[str, int] = {}
        self._missing: dict[str, set[int]] = {}

    def accept(self, event: Event) -> bool:
        """Whether the event is new; a new one that tells the time moves the clock."""
        if not self._first_time(event.p, event.n):
            self.duplicates += 1
            return False
        if event.kind in CLOCK_KINDS:
            self.clock = max(self.clock, event.at)
        return True

    @property
    def gaps(self) -> int:
        """Numbers that are missing so far, lost ones included."""
        return self.lost + sum(map(len, self._missing.values()))

    def _first_time(self, p: str, n: int) -> bool:
        newest = self._newest.get(p)
        if newest is None or n > newest:
            self._newest[p] = n
            # the clock counts minutes, and skips those in which nobody asked for the time
            if newest is not None and n > newest + 1 and p != CLOCK:
                self._skip(p, newest + 1, n)
            return True
        missing = self._missing.get(p)
        if missing is None or n not in missing:
            return False
        missing.discard(n)
        return True

    def _skip(self, p: str, start: int, stop: int) -> None:
        missing = self._missing.setdefault(p, set())
        kept = max(start, stop - MAX_MISSING)
        self.lost += kept - start
        missing.update(range(kept, stop))
        excess = len(missing) - MAX_MISSING
        if excess > 0:
            missing.difference_update(sorted(missing)[:excess])
            self.lost += excess

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "clock": self.clock,
            "duplicates": self.duplicates,
            "lost": self.lost,
            "newest": dict(self._newest),
            "missing": {p: sorted(numbers) for p, numbers in self._missing.items() if numbers},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.clock, self.duplicates = state["clock"], state["duplicates"]
        self.lost, self._newest = state["lost"], dict(state["newest"])
        self._missing = {p: set(numbers) for p, numbers in state["missing"].items()}
