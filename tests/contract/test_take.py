"""Taking by columns: every entry once and in order, however reads are cut and whoever else reads."""

import threading
import time

import pytest

from clm.store.keys import Keys
from clm.store.keyspace import Add, Keyspace
from clm.store.redis_keyspace import connect
from clm.store.stream_taker import LARGEST_ENTRY, READ_BYTES


def fill(space: Keyspace, keys: Keys, count: int, data: bytes = b"%d") -> None:
    space.commit([], [Add(keys.events, data % number if b"%d" in data else data) for number in range(count)])


def drain(space: Keyspace, keys: Keys, count: int, after: str = "0-0") -> list[bytes]:
    """Everything after an id, read by read."""
    found: list[bytes] = []
    while (entries := space.take(keys.events, after, count)).ids:
        assert len(entries.ids) == len(entries.data) <= count
        found += entries.data
        after = entries.ids[-1].decode()
    return found


def test_what_is_taken_is_what_is_read(space: Keyspace, keys: Keys) -> None:
    fill(space, keys, 3)
    entries = space.take(keys.events, "0-0", 10)
    rows = [(entry_id.decode(), data) for entry_id, data in zip(entries.ids, entries.data, strict=True)]
    assert rows == space.read(keys.events, "0-0", 10)


def test_reads_that_follow_each_other_bring_every_entry_once(space: Keyspace, keys: Keys) -> None:
    fill(space, keys, 25)
    assert [drain(space, keys, count) for count in (1, 4, 25, 100)] == [[b"%d" % n for n in range(25)]] * 4


def test_a_reader_may_go_back(space: Keyspace, keys: Keys) -> None:
    fill(space, keys, 9)
    first = space.take(keys.events, "0-0", 3)
    assert space.take(keys.events, "0-0", 3) == first
    assert drain(space, keys, 3, first.ids[-1].decode()) == [b"%d" % number for number in range(3, 9)]


def test_two_readers_of_one_stream_do_not_meet(space: Keyspace, keys: Keys) -> None:
    fill(space, keys, 12)
    cursors, found = ["0-0"] * 8, [b""] * 8
    for _ in range(4):
        for reader, cursor in enumerate(cursors):
            entries = space.take(keys.events, cursor, 3)
            cursors[reader] = entries.ids[-1].decode()
            found[reader] += b",".join(entries.data) + b";"
    assert found == [b"0,1,2;3,4,5;6,7,8;9,10,11;"] * 8


def test_an_entry_added_after_a_full_read_is_found_by_the_next(space: Keyspace, keys: Keys) -> None:
    fill(space, keys, 2)
    last = space.take(keys.events, "0-0", 2).ids[-1].decode()
    added = space.append(keys.events, b"later")
    assert space.take(keys.events, last, 2).ids == [added.encode()]


def test_an_empty_stream_gives_no_entries(space: Keyspace, keys: Keys) -> None:
    assert not space.take(keys.events, "0-0", 10).ids
    assert not space.take(keys.events, "0-0", 10, 20).ids


def test_a_take_that_waits_returns_as_soon_as_an_entry_is_added(space: Keyspace, keys: Keys) -> None:
    found: list[bytes] = []
    waiter = threading.Thread(target=lambda: found.extend(space.take(keys.events, "0-0", 10, 1500).data))
    waiter.start()
    time.sleep(0.05)
    space.append(keys.events, b"news")
    waiter.join(5)
    assert found == [b"news"]


def test_of_large_entries_fewer_are_taken_at_once_and_none_is_lost(space: Keyspace, keys: Keys) -> None:
    fits = READ_BYTES // LARGEST_ENTRY
    fill(space, keys, fits + 5, bytes(LARGEST_ENTRY))
    assert [len(data) for data in drain(space, keys, 1000)] == [LARGEST_ENTRY] * (fits + 5)


@pytest.mark.server
def test_what_comes_while_a_read_passes_its_time_is_taken(server_url: str, keys: Keys) -> None:
    space, other = connect(server_url), connect(server_url)
    calls: list[str] = []
    space.pass_the_time(lambda: calls.append(other.append(keys.events, b"1")) if not calls else None, 60.0)
    cursor = other.append(keys.events, b"0")
    assert space.take(keys.events, "0-0", 10, 20).data == [b"0"]
    assert space.take(keys.events, cursor, 10, 1500).data == [b"1"]


@pytest.mark.server
def test_a_read_passes_no_time_before_the_first_entry_nor_long_after_the_last(
    server_url: str, keys: Keys
) -> None:
    space, calls = connect(server_url), list[int]()
    space.pass_the_time(lambda: calls.append(1), 60.0)
    assert not space.take(keys.events, "0-0", 10, 20).ids
    space.pass_the_time(lambda: calls.append(1), 1e-9)
    cursor = space.append(keys.events, b"0")
    assert space.take(keys.events, "0-0", 10, 20).ids == [cursor.encode()]
    assert not space.take(keys.events, cursor, 10, 20).ids
    assert not calls
