"""Sinks: where a publisher's events and input rows go, in the order they were published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from clm.events import Event, InputRow


class Sink(Protocol):
    """Takes events and input rows in order."""

    def send(self, items: Sequence[Event | InputRow]) -> None:
        """Write them all.

        On an error any part may have been written; the publisher sends all of them again, with the
        same ids.

        Raises:
            UnreachableServer: they could not be written now.
        """


class EventAppender(Protocol):
    """What is needed of an events log."""

    def append(self, event: Event) -> str: ...


class RowAppender(Protocol):
    """What is needed of an inputs log."""

    def append(self, row: InputRow) -> str: ...


class LogSink:
    """Writes to two logs, such as the twins in memory: what a replay publishes into."""

    def __init__(self, events: EventAppender, inputs: RowAppender) -> None:
        self._events, self._inputs = events, inputs

    def send(self, items: Sequence[Event | InputRow]) -> None:
        """Append one after the other."""
        for item in items:
            if isinstance(item, InputRow):
                self._inputs.append(item)
            else:
                self._events.append(item)
