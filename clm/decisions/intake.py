"""Intake: each event counts once, and the event clock moves with those that tell the time."""

from __future__ import annotations

from typing import Any

from clm.decisions.numbers import Numbers
from clm.events import CLOCK, CLOCK_KINDS, Event

MAX_PRODUCERS = 10_000
"""Producers whose numbers are remembered, the newest heard; every training run is one of them."""


class Intake:
    """Folds every event of a stream into the clock and, per producer, which numbers were seen.

    A producer that 10,000 others have been heard after is forgotten; what is missing of it is lost, and
    an event of it that came again would count as new.

    >>> from clm.events import tick
    >>> intake = Intake()
    >>> intake.accept(tick(60_000_000)), intake.accept(tick(60_000_000)), intake.clock
    (True, False, 60000000)
    """

    def __init__(self) -> None:
        self.clock = 0  # µs, the largest ``at`` so far
        self.duplicates = 0
        self._forgotten = 0  # numbers that forgotten producers lacked
        self._producers: dict[str, Numbers] = {}  # the newest heard last

    def accept(self, event: Event) -> bool:
        """Whether the event is new; a new one that tells the time moves the clock."""
        if not self._first_time(event.p, event.n):
            self.duplicates += 1
            return False
        if event.kind in CLOCK_KINDS:
            self.clock = max(self.clock, event.at)
        return True

    @property
    def lost(self) -> int:
        """Numbers given up on."""
        return self._forgotten + sum(each.lost for each in self._producers.values())

    @property
    def gaps(self) -> int:
        """Numbers that are missing so far, lost ones included."""
        return self._forgotten + sum(each.gaps for each in self._producers.values())

    def _first_time(self, p: str, n: int) -> bool:
        numbers = self._producers.pop(p, None)
        if numbers is None:
            self._producers[p] = Numbers(first=n, newest=n)
            self._forget()
            return True
        self._producers[p] = numbers
        return _next_minute(numbers, n) if p == CLOCK else numbers.take(n)

    def _forget(self) -> None:
        if len(self._producers) > MAX_PRODUCERS:
            longest_silent = next(iter(self._producers))
            self._forgotten += self._producers.pop(longest_silent).gaps

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "clock": self.clock,
            "duplicates": self.duplicates,
            "forgotten": self._forgotten,
            "producers": {p: numbers.state() for p, numbers in self._producers.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.clock, self.duplicates = state["clock"], state["duplicates"]
        self._forgotten = state["forgotten"]
        self._producers = {p: Numbers.restored(each) for p, each in state["producers"].items()}


def _next_minute(numbers: Numbers, n: int) -> bool:
    """The clock counts minutes and skips those in which nobody asked for the time: no gap, none late."""
    newer = n > numbers.newest
    numbers.newest = max(numbers.newest, n)
    return newer
