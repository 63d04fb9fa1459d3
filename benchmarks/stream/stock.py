"""Streams that are stocked with the same tape, each with a first part that warms and a second that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
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


@dataclass(frozen=True)
class Recording:
    """A tape as the bytes of entries, in two parts, and what a watcher must make of it."""

    warm: Sequence[bytes]
    lap: Sequence[bytes]
    warm_events: int
    lap_events: int
    decided: int  # decisions
    joined: int  # outcomes


@cache
def recording(per_entry: int, warm_bars: int, events: int) -> Recording:
    """The tape with so many events per entry: bars that fill every window, then about so many events."""
    tape, bars = Tape(), events // PER_BAR
    warm = tuple(entries(chain(tape.prologue(), tape.bars(warm_bars)), per_entry))
    lap = tuple(entries(tape.bars(bars), per_entry))
    outcomes = (warm_bars + bars - 1) * PER_BAR // 2
    return Recording(warm, lap, warm_bars * PER_BAR, bars * PER_BAR, tape.decided, outcomes)


class Stock:
    """The events stream of a scope: the first part of a recording is there at once, the second on demand."""

    def __init__(self, client: Redis, course: Course, recorded: Recording) -> None:
        self.course, self.recorded, self._client = course, recorded, client
        self.warm = self._written("0-0", recorded.warm, recorded.warm_events)

    def play(self) -> Lap:
        """Write the part that counts, once the first has been read."""
        return self._written(self.warm.until, self.recorded.lap, self.recorded.lap_events)

    def _written(self, after: str, data: Sequence[bytes], events: int) -> Lap:
        until = fill(self._client, self.course.stream, ({b"d": each} for each in data))
        return Lap(after, until, len(data), events)


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


def course(url: str, scope: str, variant: str = "") -> Course:
    """The course over a scope's events stream."""
    return Course(url, scope, Keys(scope).events, variant)
