"""An onlooker's event clock is the largest time told by the newest entries."""

from __future__ import annotations

import pytest

from clm.errors import MalformedEvent
from clm.events import Command, Event, Regime, tick
from clm.ports import Entry
from clm.store.codec import decode
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from worker.event_clock import WINDOW_MS, EventClock


class Wall:
    """When entries are written, milliseconds; a test moves it by hand."""

    ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def events(wall: Wall) -> StreamEventLog:
    return StreamEventLog(MemoryKeyspace(now_ms=wall), Keys("default"))


def read(entry: Entry) -> Event:
    return decode(entry.data)


def test_it_is_zero_before_the_first_event(events: StreamEventLog) -> None:
    assert EventClock(events, read)() == 0


def test_it_moves_with_the_largest_time_and_only_with_kinds_that_tell_it(events: StreamEventLog) -> None:
    clock = EventClock(events, read)
    for event in (tick(120_000_000), Regime(p="t", n=0, at=90, regime="calm")):
        events.append(event)
    events.append(Command(p="ops", n=0, at=999_000_000, action="retrain"))
    assert clock() == 120_000_000


def test_an_entry_that_is_refused_does_not_count(events: StreamEventLog) -> None:
    def admit(entry: Entry) -> Event:
        if decode(entry.data).at > 60_000_000:
            raise MalformedEvent("too late")
        return decode(entry.data)

    events.append(tick(60_000_000))
    events.append(tick(120_000_000))
    assert EventClock(events, admit)() == 60_000_000


def test_it_does_not_read_what_is_long_past_and_never_runs_back(wall: Wall, events: StreamEventLog) -> None:
    seen: list[str] = []

    def admit(entry: Entry) -> Event:
        seen.append(entry.id)
        return decode(entry.data)

    clock = EventClock(events, admit)
    events.append(tick(240_000_000))
    assert clock() == 240_000_000
    wall.ms += WINDOW_MS + 1
    events.append(tick(180_000_000))
    assert clock() == 240_000_000
    assert seen == ["1000000-0", f"{1_000_000 + WINDOW_MS + 1}-0"]
