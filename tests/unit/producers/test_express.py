"""What cannot wait goes past the ring while nothing else is under way; else it waits like the rest."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from clm.events import Event
from producers.backlog import Backlog
from producers.drafts import Maker
from producers.express import Express
from producers.faults import Faults
from producers.outbox import Outbox
from producers.parcels import Parcel
from producers.ring import Draft, Ring
from producers.stats import Stats
from tests.unit.producers.sinks import KeepingSink, items_of


class QuickSink(KeepingSink):
    """Takes an entry without waiting, unless it is busy or broken."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[Parcel] = []
        self.busy, self.broken = False, False

    def begin(self, parcel: Parcel) -> bool:
        if self.broken:
            raise RuntimeError("a fault in the sink")
        if not self.busy:
            self.begun.append(parcel)
        return not self.busy

    @property
    def at_once(self) -> list[int]:
        return [item.n for item in items_of(self.begun) if isinstance(item, Event)]


class ShortSleep(Ring):
    """A ring whose sleep is what happens meanwhile."""

    meanwhile: Callable[[], None]

    def sleep(self, longest_s: float) -> None:
        self.meanwhile()


class Post:
    """An outbox, and the express way past its ring."""

    def __init__(self, capacity: int = 10) -> None:
        self.sink, self.ring = QuickSink(), ShortSleep(capacity)
        maker, faults = Maker("float32"), Faults("test")
        self.outbox = Outbox(self.ring, self.sink, Backlog(None), maker, faults, "t")
        self.express = Express(self.ring, self.outbox)

    def put(self, *numbers: int) -> None:
        for n in numbers:
            self.express.put(draft(n))

    def put_while_resting(self, *numbers: int) -> None:
        self.ring.meanwhile = lambda: self.put(*numbers)
        self.express.rest(60.0)

    @property
    def waiting(self) -> list[int]:
        return [each[1] for each in self.ring.waiting]


def draft(n: int) -> Draft:
    return ("t", n, "regime", n, "calm", None, None)


def test_what_is_put_while_the_thread_rests_is_on_its_way_at_once() -> None:
    post = Post()
    post.put_while_resting(7)
    assert (post.sink.at_once, post.waiting) == ([7], [])
    assert post.outbox.stats == Stats(published=0, pending=1, dropped=0, failed=0)


def test_it_counts_as_published_when_the_thread_has_seen_its_answer() -> None:
    post = Post()
    post.put_while_resting(7)
    assert post.outbox.send()
    assert [list(each) for each in post.sink.sends] == [post.sink.begun]
    assert post.outbox.stats == Stats(published=1, pending=0, dropped=0, failed=0)


def test_a_nap_ends_by_itself_and_frees_the_outbox_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post()
    monkeypatch.setattr(time, "sleep", lambda seconds: post.put(7) if seconds == 0.001 else None)
    post.express.nap(0.001)
    assert (post.sink.at_once, post.ring.limit) == ([7], post.ring.capacity)
    post.put(8)
    assert post.waiting == [8]


def test_while_the_thread_is_at_work_everything_waits_in_the_ring() -> None:
    post = Post()
    post.put(0, 1)
    assert (post.sink.at_once, post.waiting) == ([], [0, 1])


def test_nothing_overtakes_what_was_put_before() -> None:
    post = Post()
    post.ring.put(draft(0))
    post.put_while_resting(1)
    assert (post.sink.at_once, post.waiting) == ([], [0, 1])


def test_what_follows_the_first_waits_until_that_is_answered() -> None:
    post = Post()
    post.put_while_resting(0, 1, 2)
    assert (post.sink.at_once, post.waiting) == ([0], [1, 2])
    assert post.outbox.send()
    assert post.outbox.send()
    assert post.sink.numbers == [0, 1, 2]


def test_what_a_sink_does_not_take_at_once_waits_in_the_ring() -> None:
    post = Post()
    post.sink.busy = True
    post.put_while_resting(0)
    assert (post.sink.at_once, post.waiting) == ([], [0])


def test_a_fault_on_the_way_raises_nothing_and_loses_nothing() -> None:
    post = Post()
    post.sink.broken = True
    post.put_while_resting(0)
    assert post.waiting == [0]


def test_what_cannot_be_written_is_counted_as_by_the_ring() -> None:
    post = Post()
    post.ring.meanwhile = lambda: post.express.put(("t", 0, "regime", "noon", "calm", None, None))
    post.express.rest(60.0)
    assert post.outbox.send()
    assert post.outbox.stats == Stats(published=0, pending=0, dropped=0, failed=1)


def test_after_the_end_it_is_dropped_and_counted() -> None:
    post = Post()
    post.ring.close()
    post.put_while_resting(0)
    assert (post.sink.at_once, post.ring.dropped) == ([], 1)
