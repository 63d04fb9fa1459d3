"""What only the keyspace in memory has: a clock that is given to it."""

from clm.store.keyspace import Add
from clm.store.memory_keyspace import MemoryKeyspace


def test_entry_ids_are_the_given_time_and_never_go_back() -> None:
    times = iter([1000, 1000, 999, 2000])
    space = MemoryKeyspace(lambda: next(times))
    for _ in range(4):
        space.commit([], [Add("events", b"x")])
    assert [entry_id for entry_id, _ in space.read("events", "0", 10)] == [
        "1000-0",
        "1000-1",
        "1000-2",
        "2000-0",
    ]


def test_a_capped_stream_keeps_the_newest() -> None:
    space = MemoryKeyspace(lambda: 1)
    space.commit([], [Add("quarantine", b"%d" % number, 3) for number in range(5)])
    assert [data for _, data in space.read("quarantine", "0", 10)] == [b"2", b"3", b"4"]
    assert space.last_id("quarantine") == "1-4"
