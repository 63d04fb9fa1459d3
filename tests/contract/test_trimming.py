"""Streams are cut by their owner alone, together with the record of what somebody missed."""

import pytest

from clm.decisions.retention import Gap
from clm.errors import NotOwner
from clm.ports import Fence
from clm.store.keys import Keys
from clm.store.keyspace import Extend, Keyspace
from clm.store.ownership import FencedCheckpoints
from clm.store.trimming import StreamTrimming

GAP = Gap(stream="events", role="shadow", entries=2, events=9, to="3-0")


@pytest.fixture
def trimming(space: Keyspace, keys: Keys) -> StreamTrimming:
    space.commit([], [Extend(keys.events, [(f"{n}-0", b"%d" % n) for n in range(1, 6)])])
    return StreamTrimming(space, keys)


def test_a_cut_and_its_record_are_one_write(trimming: StreamTrimming, space: Keyspace, keys: Keys) -> None:
    trimming.cut("events", "3-0", None, [GAP])
    assert [entry_id for entry_id, _ in space.read(keys.events, "0", 10)] == ["3-0", "4-0", "5-0"]
    assert trimming.gaps() == [GAP]


def test_one_that_lost_its_role_cuts_nothing_and_records_nothing(trimming: StreamTrimming) -> None:
    with pytest.raises(NotOwner, match="events before 3-0"):
        trimming.cut("events", "3-0", Fence("dispatcher", "late", 1), [GAP])
    assert (trimming.gaps(), [name for name, _ in trimming.oldest("events", 2)]) == ([], ["1-0", "2-0"])


@pytest.mark.parametrize("space", ["memory", pytest.param("server", marks=pytest.mark.server)], indirect=True)
def test_a_stock_tells_both_ends_and_an_absent_stream_is_empty(trimming: StreamTrimming) -> None:
    stock, none = trimming.stock("events"), trimming.stock("inputs")
    assert (stock.entries, stock.oldest, stock.newest) == (5, "1-0", "5-0")
    assert (none.bytes, none.entries, none.oldest, none.newest) == (0, 0, "0-0", "0-0")


def test_the_saved_cursors_are_those_of_the_checkpoints(space: Keyspace, keys: Keys) -> None:
    checkpoints = FencedCheckpoints(space, keys)
    assert checkpoints.cursors() == {}
    checkpoints.save("watcher", None, "3-0", b"state")
    checkpoints.save("watcher", None, "4-0", b"state")
    assert checkpoints.cursors() == {"watcher": "4-0"}
