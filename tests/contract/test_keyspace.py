"""The few operations that everything else is built on."""

import threading
import time

import pytest

from clm.store.keys import Keys
from clm.store.keyspace import FIELD, HOLE, Add, Check, Count, Drop, Extend, Keyspace, Put, Trim, Write

BYTES = bytes(range(256))


def test_a_commit_whose_check_fails_writes_nothing(space: Keyspace, keys: Keys) -> None:
    wanted: list[Write] = [Put(keys.heads, b"1", "watcher"), Add(keys.events, b"event")]
    assert not space.commit([Check(keys.token("a"), b"7")], [*wanted, Put(keys.declaration, b"x")])
    assert space.get(keys.heads, "watcher") is None
    assert space.length(keys.events) == 0
    assert space.get(keys.declaration) is None


def test_a_commit_whose_checks_hold_writes_everything(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Put(keys.token("a"), b"7"), Put(keys.heads, b"1", "watcher")])
    absent = Check(keys.heads, None, "shadow")
    checks = [Check(keys.token("a"), b"7"), Check(keys.heads, b"1", "watcher"), absent]
    assert space.commit(checks, [Put(keys.heads, b"2", "watcher"), Add(keys.events, b"event")])
    assert space.get(keys.heads, "watcher") == b"2"
    assert [data for _, data in space.read(keys.events, "0", 10)] == [b"event"]


def test_a_prepared_commit_takes_its_values_in_the_order_of_its_holes(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Put(keys.token("a"), b"7"), Put(keys.heads, b"1", "50% %b")])
    checks = [Check(keys.heads, HOLE, "50% %b"), Check(keys.token("a"), b"7")]
    writes = [Add(keys.events, HOLE), Put(keys.heads, HOLE, "50% %b"), Put(keys.hashes, HOLE, FIELD)]
    commit = space.prepare(checks, writes)
    assert commit(b"1", BYTES, b"2", b"name", b"%s")
    assert not commit(b"1", b"late", b"3", b"name", b"late")
    assert commit(b"2", b"", b"3", b"other", b"")
    assert [data for _, data in space.read(keys.events, "0", 10)] == [BYTES, b""]
    assert space.all(keys.hashes) == {"name": b"%s", "other": b""}
    assert space.get(keys.heads, "50% %b") == b"3"


def test_a_prepared_commit_still_checks_what_has_no_hole(space: Keyspace, keys: Keys) -> None:
    commit = space.prepare([Check(keys.token("a"), b"7")], [Add(keys.events, HOLE)])
    assert not commit(b"event")
    assert space.length(keys.events) == 0


def test_a_prepared_commit_may_check_for_nothing_and_put_plain_values(space: Keyspace, keys: Keys) -> None:
    checks = [Check(keys.token("a"), None), Check(keys.heads, None, "watcher")]
    commit = space.prepare(checks, [Put(keys.token("a"), HOLE), Put(keys.heads, b"1", "watcher")])
    assert [commit(b"7"), commit(b"8")] == [True, False]
    assert (space.get(keys.token("a")), space.get(keys.heads, "watcher")) == (b"7", b"1")


def test_a_prepared_commit_may_hold_every_other_write(space: Keyspace, keys: Keys) -> None:
    writes = [
        Count(keys.progress, "n", 2),
        Add(keys.events, HOLE, cap=1000),
        Put(keys.token("a"), HOLE, ttl_ms=60_000),
    ]
    commit = space.prepare([], writes)
    assert commit(b"first", b"1")
    assert commit(b"second", b"2")
    assert (space.get(keys.progress, "n"), space.get(keys.token("a"))) == (b"4", b"2")
    assert space.length(keys.events) == 2


def test_of_what_is_posted_the_last_stands(space: Keyspace, keys: Keys) -> None:
    for number in range(50):
        space.post([], [Count(keys.progress, "posts", 1), Put(keys.heads, b"%d" % number, "watcher")])
    deadline = time.monotonic() + 10
    while space.get(keys.progress, "posts") != b"50":
        assert time.monotonic() < deadline
    assert space.get(keys.heads, "watcher") == b"49"


def test_what_is_posted_under_a_check_that_fails_is_not_written(space: Keyspace, keys: Keys) -> None:
    space.post([Check(keys.token("a"), b"7")], [Put(keys.heads, b"1", "watcher")])
    assert space.get(keys.heads, "watcher") is None


def test_a_check_for_nothing_fails_where_there_is_an_empty_value(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Put(keys.token("a"), b"")])
    assert not space.commit([Check(keys.token("a"), None)], [])
    assert space.commit([Check(keys.token("a"), b"")], [])


def test_every_byte_comes_back_as_it_was(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Put(keys.declaration, BYTES), Put(keys.heads, BYTES, "a"), Add(keys.events, BYTES)])
    assert space.get(keys.declaration) == space.all(keys.heads)["a"] == BYTES
    assert space.read(keys.events, "0-0", 1)[0][1] == BYTES


def test_entries_are_read_in_order_after_an_id(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Add(keys.events, b"%d" % number) for number in range(5)])
    rows = space.read(keys.events, "0", 2)
    assert [data for _, data in rows] == [b"0", b"1"]
    assert [data for _, data in space.read(keys.events, rows[-1][0], 10)] == [b"2", b"3", b"4"]


def test_an_appended_entry_has_the_id_that_it_was_told(space: Keyspace, keys: Keys) -> None:
    ids = [space.append(keys.events, b"%d" % number) for number in range(3)]
    assert space.read(keys.events, "0", 10) == list(zip(ids, [b"0", b"1", b"2"], strict=True))


def test_an_entry_with_an_id_is_added_once(space: Keyspace, keys: Keys) -> None:
    for _ in range(2):
        assert space.commit([], [Extend(keys.quarantine, [("5-1", b"a"), ("5-2", b"b")])])
    assert space.read(keys.quarantine, "0", 10) == [("5-1", b"a"), ("5-2", b"b")]


def test_an_id_that_a_stream_has_passed_is_no_obstacle_to_what_follows(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Extend(keys.quarantine, [("5-1", b"a")])])
    late = Extend(keys.quarantine, [("4-9", b"late"), ("6-0", b"b")])
    assert space.commit([], [late, Put(keys.heads, b"1", "a")])
    assert [data for _, data in space.read(keys.quarantine, "0", 10)] == [b"a", b"b"]
    assert space.get(keys.heads, "a") == b"1"


def test_what_was_ever_added_is_counted_though_it_is_gone(space: Keyspace, keys: Keys) -> None:
    assert space.added(keys.quarantine) == 0
    for _ in range(2):
        space.commit([], [Extend(keys.quarantine, [(f"1-{number}", b"x") for number in range(300)], 1)])
    assert space.added(keys.quarantine) == 300
    assert space.length(keys.quarantine) < 300


def test_a_trim_removes_what_is_older_and_nothing_else(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Extend(keys.events, [(f"{number}-0", b"%d" % number) for number in range(1, 300)])])
    space.commit([], [Trim(keys.events, "299-0")])
    assert space.read(keys.events, "0", 10) == [("299-0", b"299")]
    space.commit([], [Trim(keys.events, "7-0"), Trim(keys.inputs, "7-0")])
    assert (space.length(keys.events), space.added(keys.events)) == (1, 299)


def test_a_trim_under_a_check_that_fails_removes_nothing(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Extend(keys.events, [("1-0", b"a")])])
    assert not space.commit([Check(keys.token("a"), b"7")], [Trim(keys.events, "2-0")])
    assert space.length(keys.events) == 1


@pytest.mark.parametrize("space", ["memory", pytest.param("server", marks=pytest.mark.server)], indirect=True)
def test_a_stream_takes_at_least_the_bytes_that_were_put_in(space: Keyspace, keys: Keys) -> None:
    assert space.footprint(keys.events) == 0
    space.commit([], [Add(keys.events, bytes(1000)) for _ in range(300)])
    assert 300_000 <= space.footprint(keys.events) < 450_000


def test_of_many_who_append_each_is_told_its_own_id(space: Keyspace, keys: Keys) -> None:
    told: dict[bytes, str] = {}

    def add(number: int) -> None:
        told[b"%d" % number] = space.append(keys.events, b"%d" % number)

    adders = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join(10)
    assert told == {data: entry_id for entry_id, data in space.read(keys.events, "0", 10)}


def test_the_newest_entries_come_newest_first(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Add(keys.events, b"%d" % number) for number in range(5)])
    rows = space.newest(keys.events, 2)
    assert [data for _, data in rows] == [b"4", b"3"]
    assert space.last_id(keys.events) == rows[0][0]


def test_the_last_id_of_no_stream_is_zero(space: Keyspace, keys: Keys) -> None:
    assert space.last_id(keys.events) == "0-0"
    assert space.snapshot(keys.progress, [keys.events]) == ({}, ["0-0"])


def test_a_read_that_waits_returns_as_soon_as_an_entry_is_added(space: Keyspace, keys: Keys) -> None:
    found: list[bytes] = []

    def wait() -> None:
        found.extend(data for _, data in space.read(keys.events, "0-0", 10, 1500))

    waiter = threading.Thread(target=wait)
    waiter.start()
    time.sleep(0.05)
    space.commit([], [Add(keys.events, b"news")])
    waiter.join(5)
    assert found == [b"news"]


def test_a_read_that_waits_gives_up_after_its_time(space: Keyspace, keys: Keys) -> None:
    assert space.read(keys.events, "0-0", 10, 20) == []


def test_a_value_with_a_time_to_live_is_gone_after_it(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Put(keys.lease("a"), b"me", ttl_ms=40)])
    assert space.get(keys.lease("a")) == b"me"
    time.sleep(0.06)
    assert space.get(keys.lease("a")) is None
    assert space.commit([Check(keys.lease("a"), None)], [])


def test_dropped_values_and_fields_are_gone(space: Keyspace, keys: Keys) -> None:
    space.commit([], [Put(keys.token("a"), b"1"), Put(keys.heads, b"1", "a"), Put(keys.heads, b"2", "b")])
    space.commit([], [Drop(keys.token("a")), Drop(keys.heads, "a")])
    assert space.get(keys.token("a")) is None
    assert space.all(keys.heads) == {"b": b"2"}


def test_of_many_writers_with_one_expectation_one_wins(space: Keyspace, keys: Keys) -> None:
    won: list[int] = []

    def race(number: int) -> None:
        if space.commit([Check(keys.token("a"), None)], [Put(keys.token("a"), b"%d" % number)]):
            won.append(number)

    racers = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(10)
    assert len(won) == 1
    assert space.get(keys.token("a")) == b"%d" % won[0]


def test_a_count_begins_at_zero_and_goes_both_ways(space: Keyspace, keys: Keys) -> None:
    for by in (3, -1):
        space.commit([], [Count(keys.progress, "open_runs", by)])
    assert space.get(keys.progress, "open_runs") == b"2"
