"""The events and inputs streams: kept in order, garbage included, refused entries once."""

import json

import pytest

from clm.errors import MalformedEvent, NotOwner
from clm.events import InputRow, Tick, tick
from clm.ports import Fence, Reason, Refusal
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


def refusal(entry_id: str, data: bytes = b"\xff", *rows: int) -> Refusal:
    return Refusal(entry_id, data, [Reason(row, "NaN") for row in rows] or [Reason(None, "not msgpack")])


def test_an_entry_is_quarantined_once_however_often_it_is_refused(events: StreamEventLog) -> None:
    events.quarantine([refusal("1-0"), refusal("1-1")])
    events.quarantine([refusal("1-0"), refusal("1-1"), refusal("2-0")])
    assert events.quarantined() == 3


def test_a_refused_entry_is_kept_under_its_own_id_with_what_was_wrong(
    events: StreamEventLog, space: Keyspace, keys: Keys
) -> None:
    events.quarantine([refusal("7-3", b"\xff" * 5000, *range(20))])
    ((entry_id, row),) = space.read(keys.quarantine, "0", 10)
    kept = json.loads(row)
    assert (entry_id, kept["entry"], kept["rows"], kept["bytes"]) == ("7-3", "7-3", 1, 5000)
    assert kept["reasons"] == [[number, "NaN"] for number in range(10)]
    assert bytes.fromhex(kept["data"]) == b"\xff" * 4096


def test_the_newest_refused_entries_are_kept_and_all_are_counted(
    events: StreamEventLog, space: Keyspace, keys: Keys
) -> None:
    events.quarantine([refusal(f"1-{number}") for number in range(12_000)])
    assert events.quarantined() == 12_000
    assert 10_000 <= space.length(keys.quarantine) < 10_200
    assert space.last_id(keys.quarantine) == "1-11999"


def test_one_that_lost_its_role_quarantines_nothing(events: StreamEventLog) -> None:
    with pytest.raises(NotOwner):
        events.quarantine([refusal("1-0")], Fence("watcher", "late", 1))
    assert events.quarantined() == 0


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
