"""The event clock as an onlooker sees it: from the newest entries, without folding the stream."""

from __future__ import annotations

from collections.abc import Callable

from clm.errors import MalformedEvent
from clm.events import CLOCK_KINDS, Event
from clm.ports import Entry, EventLog

WINDOW_MS = 120_000
"""How far before the newest entry to look; two ticks of a live scope fit in."""

ENTRIES = 1000
"""How many to decode at once, so that asking stays cheap however busy the stream is."""


class EventClock:
    """The largest ``at`` seen so far; within two minutes of what the watcher has.

    Parameters:
        admit: decodes an entry; raises MalformedEvent for one that does not count.
    """

    def __init__(self, events: EventLog, admit: Callable[[Entry], Event]) -> None:
        self._events, self._admit = events, admit
        self._clock = 0

    def __call__(self) -> int:
        """The clock, µs; 0 before the first event. Raises UnreachableServer."""
        newest = int(self._events.last_id().partition("-")[0])
        for entry in self._events.read(f"{max(newest - WINDOW_MS, 0)}-0", ENTRIES):
            try:
                event = self._admit(entry)
            except MalformedEvent:
                continue
            if event.kind in CLOCK_KINDS:
                self._clock = max(self._clock, event.at)
        return self._clock
