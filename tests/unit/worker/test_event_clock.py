"""An onlooker's event clock is the largest time told by the newest entries."""

from __future__ import annotations

import pytest

from clm.events import Command, Prediction, Regime, tick
from clm.ports import Admitted, Entry, Reason
from clm.scope import Scope
from clm.store.admission import admit, time_told
from clm.store.batch import encode_batches
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


def read(entry: Entry) -> Admitted:
    return admit(entry, Scope(), frozenset({"nhits"}))


def test_it_is_zero_before_the_first_event(events: StreamEventLog) -> None:
    assert EventClock(events, read, time_told)() == 0


def test_it_moves_with_the_largest_time_and_only_with_kinds_that_tell_it(events: StreamEventLog) -> None:
    clock = EventClock(events, read, time_told)
    for event in (tick(120_000_000), Regime(p="t", n=0, at=90, regime="calm")):
        events.append(event)
    events.append(Command(p="ops", n=0, at=999_000_000, action="retrain"))
    assert clock() == 120_000_000


def test_an_entry_that_is_refused_does_not_count(events: StreamEventLog) -> None:
    def early(entry: Entry) -> Admitted:
        late = decode(entry.data).at > 60_000_000
        return Admitted((), [Reason(None, "too late")]) if late else read(entry)

    events.append(tick(60_000_000))
    events.append(tick(120_000_000))
    assert EventClock(events, early, time_told)() == 60_000_000


def test_a_batch_tells_the_time_of_its_rows_that_count(wall: Wall) -> None:
    space, keys = MemoryKeyspace(now_ms=wall), Keys("default")
    rows = [
        Prediction(
            p="t", n=n, at=(n + 1) * 1_000_000, model_type=model_type, version="v1", symbol="A", horizon=1,
            value=0.0, naive=0.0,
        )
        for n, model_type in enumerate(["nhits", "nhits", "catboost"])
    ]  # fmt: skip
    space.append(keys.events, encode_batches(rows)[0])
    assert EventClock(StreamEventLog(space, keys), read, time_told)() == 2_000_000


def test_it_does_not_read_what_is_long_past_and_never_runs_back(wall: Wall, events: StreamEventLog) -> None:
    seen: list[str] = []

    def told(entry: Entry) -> int:
        seen.append(entry.id)
        return time_told(entry)

    clock = EventClock(events, read, told)
    events.append(tick(240_000_000))
    assert clock() == 240_000_000
    wall.ms += WINDOW_MS + 1
    events.append(tick(180_000_000))
    assert clock() == 240_000_000
    assert seen == ["1000000-0", f"{1_000_000 + WINDOW_MS + 1}-0"]
