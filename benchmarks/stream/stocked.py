"""Streams that are stocked with the same tape, each with a first part that warms and a second that counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
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
class Stocked:
    """A course with its two laps, and what a watcher must make of them."""

    course: Course
    warm: Lap
    lap: Lap
    decided: int  # decisions after the lap
    joined: int  # outcomes after the lap


def stocked(client: Redis, course: Course, per_entry: int, sizes: tuple[int, int]) -> Stocked:
    """Stock the events stream of a scope.

    Parameters:
        sizes: bars that warm, and events of the lap.
    """
    tape, warm_bars, bars = Tape(), sizes[0], sizes[1] // PER_BAR
    first = list(entries([*tape.prologue(), *tape.bars(warm_bars)], per_entry))
    warm = _written(client, course.stream, "0-0", first, warm_bars * PER_BAR)
    second = list(entries(tape.bars(bars), per_entry))
    lap = _written(client, course.stream, warm.until, second, bars * PER_BAR)
    outcomes = (warm_bars + bars - 1) * PER_BAR // 2
    return Stocked(course, warm, lap, tape.decided, outcomes)


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


def _written(client: Redis, stream: str, after: str, data: Sequence[bytes], events: int) -> Lap:
    until = fill(client, stream, _rows(data))
    return Lap(after, until, len(data), events)


def _rows(data: Iterable[bytes]) -> Iterable[dict[bytes, bytes]]:
    return ({b"d": each} for each in data)
