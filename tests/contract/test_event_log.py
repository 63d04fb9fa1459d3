"""The events and inputs streams: kept in order, garbage included, refused entries once."""

import pytest

from clm.errors import MalformedEvent
from clm.events import InputRow, Tick, tick
from clm.ports import Entry
from clm.store.codec import decode, encode_row
from clm.store.event_log import StreamEventLog, StreamInputLog
from clm.store.keys import Keys
from clm.store.keyspace import Add, Keyspace

ROW = InputRow("AAPL", 86_400_000_000, "daily-1", bytes(8))


@pytest.fixture
def events(space: Keyspace, keys: Keys) -> StreamEventLog:
    return StreamEventLog(space, keys)


def test_events_come_back_in_the_order_they_were_added(events: StreamEventLog) -> None:
    sent = [tick(minute * 60_000_000) for minute in range(5)]
    ids = [events.append(each) for each in sent]
    entries = events.read("0")
    assert [decode(entry.data) for entry in entries] == sent
    assert [entry.id for entry in entries] == ids
    assert events.last_id() == ids[-1]


def test_a_reader_goes_on_after_its_cursor(events: StreamEventLog) -> None:
    ids = [events.append(tick(minute * 60_000_000)) for minute in range(5)]
    assert [entry.id for entry in events.read(ids[1], 2)] == ids[2:4]
    assert events.read(ids[-1]) == []


def test_a_duplicate_is_kept_for_the_fold_to_drop(events: StreamEventLog) -> None:
    for _ in range(2):
        events.append(Tick(p="clock", n=1, at=60_000_000))
    first, second = events.read("0")
    assert first.data == second.data
    assert first.id != second.id


def test_an_entry_is_quarantined_once_whoever_refuses_it(events: StreamEventLog) -> None:
    for _ in range(2):
        events.quarantine(Entry("1-0", b"\xff"), "not msgpack")
    events.quarantine(Entry("2-0", b"\xff"), "not msgpack")
    assert events.quarantined() == 2


def test_garbage_in_the_stream_is_read_and_does_not_stop_the_reader(
    events: StreamEventLog, space: Keyspace, keys: Keys
) -> None:
    space.commit([], [Add(keys.events, b"\xc1garbage")])
    events.append(tick(60_000_000))
    garbage, good = events.read("0")
    with pytest.raises(MalformedEvent):
        decode(garbage.data)
    assert decode(good.data) == tick(60_000_000)


def test_input_rows_come_back_byte_for_byte(space: Keyspace, keys: Keys) -> None:
    inputs = StreamInputLog(space, keys)
    entry_id = inputs.append(ROW)
    assert inputs.read("0") == [(entry_id, ROW)]


def test_a_malformed_input_row_is_passed_over(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Add(keys.inputs, b"\xc1"), Add(keys.inputs, encode_row(ROW))])
    assert [row for _, row in StreamInputLog(space, keys).read("0")] == [ROW]
