"""The backlog is one queue, part on disk and part in memory."""

from __future__ import annotations

from pathlib import Path

from producers.backlog import Backlog
from producers.faults import Faults
from producers.parcels import Parcel
from producers.spool import Spool

A, B, C = (Parcel(name.encode()) for name in "abc")


def on_disk(directory: Path) -> Backlog:
    return Backlog(Spool(directory, 2**20, Faults("test")))


def test_what_was_spilled_comes_before_what_came_later(tmp_path: Path) -> None:
    backlog = on_disk(tmp_path)
    backlog.add([A, B])
    assert backlog.spill()
    backlog.add([C])
    assert backlog.oldest() == [A, B]
    backlog.forget([A, B])
    assert backlog.oldest() == [C]


def test_what_is_spilled_while_it_is_sent_is_forgotten_all_the_same(tmp_path: Path) -> None:
    backlog = on_disk(tmp_path)
    backlog.add([A, B])
    sent = backlog.oldest()
    backlog.spill()
    backlog.add([C])
    backlog.forget(sent)
    assert (backlog.oldest(), backlog.spooled, backlog.pending) == ([C], 0, 1)


def test_what_is_added_while_something_is_sent_stays(tmp_path: Path) -> None:
    backlog = on_disk(tmp_path)
    backlog.add([A])
    backlog.spill()
    sent = backlog.oldest()
    backlog.add([B])
    backlog.spill()
    backlog.forget(sent)
    assert backlog.oldest() == [B]


def test_without_a_spool_everything_waits_in_memory() -> None:
    backlog = Backlog(None)
    backlog.add([A, B])
    assert not backlog.spill()
    assert (backlog.pending, backlog.spooled) == (2, 0)
    backlog.forget([A])
    assert backlog.oldest() == [B]
