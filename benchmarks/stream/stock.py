"""Streams that are stocked with the same tape, each with a first part that warms and a second that counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from benchmarks.stream import faststream_peer
from benchmarks.stream.course import Course, Lap
from benchmarks.stream.feed import entries, fill
from benchmarks.stream.tape import PER_BAR, Tape
from clm.events import Event, Outcome, Prediction
from clm.store.keys import Keys

if TYPE_CHECKING:
    from redis import Redis


class Stock:
    """The events stream of a scope, stocked with the tape.

    Parameters:
        warm_bars: of the first part, which is written at once.
    """

    def __init__(self, client: Redis, course: Course, per_entry: int, warm_bars: int) -> None:
        self.course, self._client, self._per_entry = course, client, per_entry
        self._tape, self._bars = Tape(), 0
        self.warm = self.lap = self._play(warm_bars, "0-0", self._tape.prologue())

    def play(self, events: int) -> Lap:
        """Write the part that counts, once the first has been read: about so many events."""
        self.lap = self._play(events // PER_BAR, self.warm.until)
        return self.lap

    @property
    def decided(self) -> int:
        """Decisions that a watcher must have made."""
        return self._tape.decided

    @property
    def joined(self) -> int:
        """Outcomes that it must have joined."""
        return (self._bars - 1) * PER_BAR // 2

    def _play(self, bars: int, after: str, before: Sequence[Event] = ()) -> Lap:
        data = list(entries(chain(before, self._tape.bars(bars)), self._per_entry))
        until = fill(self._client, self.course.stream, ({b"d": each} for each in data))
        self._bars += bars
        return Lap(after, until, len(data), bars * PER_BAR)


def handed(client: Redis, course: Course, events: int) -> Lap:
    """Stock a stream for FastStream, one event per entry, in its own format; the lap over all of it."""
    rows = faststream_peer.entries(alone(events))
    until = fill(client, course.stream, rows)
    return Lap("0-0", until, len(rows), len(rows))


def alone(events: int) -> list[Event]:
    """The first predictions and outcomes of the tape, without runs."""
    bars = Tape().bars(events // PER_BAR + 2)
    return list(islice((each for each in bars if isinstance(each, Prediction | Outcome)), events))


def shortened(client: Redis, course: Course, lap: Lap, events: int) -> Lap:
    """The first so many entries of a lap over a stream with one event per entry."""
    if events >= lap.entries:
        return lap
    rows: Any = client.xrange(course.stream, min=f"({lap.after}", count=events)
    return Lap(lap.after, rows[-1][0].decode(), events, events)


def course(url: str, scope: str) -> Course:
    """The course over a scope's events stream."""
    return Course(url, scope, Keys(scope).events)
