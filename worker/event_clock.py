"""The event clock as an onlooker sees it: from the newest entries, without folding the stream."""

from __future__ import annotations

from collections.abc import Callable

from clm.events import CLOCK_KINDS
from clm.ports import Admitted, Entry, EventLog

WINDOW_MS = 120_000
"""How far before the newest entry to look; two ticks of a live scope fit in."""

ENTRIES = 1000
"""How many to decode at once, so that asking stays cheap however busy the stream is."""


class EventClock:
    """The largest ``at`` seen so far; within two minutes of what the watcher has.

    Parameters:
        admit: decodes and judges an entry.
        told: the largest time that an entry can tell, cheaply; only what would move the clock is admitted.
    """

    def __init__(
        self,
        events: EventLog,
        admit: Callable[[Entry], Admitted],
        told: Callable[[Entry], int],
    ) -> None:
        self._events, self._admit, self._told = events, admit, told
        self._clock = 0

    def __call__(self) -> int:
        """The clock, µs; 0 before the first event. Raises UnreachableServer."""
        newest = int(self._events.last_id().partition("-")[0])
        for entry in reversed(self._events.read(f"{max(newest - WINDOW_MS, 0)}-0", ENTRIES)):
            if self._told(entry) > self._clock:
                times = [event.at for _, event in self._admit(entry).rows if event.kind in CLOCK_KINDS]
                self._clock = max(self._clock, *times, 0)
        return self._clock
