"""The outbox keeps order and identity through every fault, and says what it could not keep."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clm.events import Outcome, Prediction
from producers.backlog import Backlog
from producers.drafts import Maker
from producers.faults import Faults
from producers.flusher import Flusher
from producers.outbox import Outbox
from producers.ring import Ring
from producers.sinks import Sink
from producers.spool import Spool
from producers.stats import Stats
from tests.unit.producers.sinks import FailingSink, HeldSink, KeepingSink


def wait_until(holds: Callable[[], bool]) -> None:
    """Until something is so; the suite's own time-out ends a test in which it never is."""
    while not holds():
        time.sleep(0.001)


class Post:
    """A ring, its outbox and its flusher."""

    def __init__(
        self, sink: Sink, capacity: int = 100, *, background: bool = False, spool: Path | None = None
    ) -> None:
        self.ring, self.faults = Ring(capacity), Faults("test")
        backlog = Backlog(Spool(spool, 2**20, self.faults) if spool else None)
        self.outbox = Outbox(self.ring, sink, backlog, Maker("float32"), self.faults, "t")
        self.flusher = Flusher(self.ring, self.outbox, self.faults, background=background)
        self.flush, self.close = self.flusher.flush, self.flusher.close

    @property
    def stats(self) -> Stats:
        return self.outbox.stats

    def put(self, *numbers: int) -> None:
        for n in numbers:
            self.ring.put(("t", n, "regime", n, "calm", None, None))


def test_a_thread_sends_without_being_asked() -> None:
    sink, sent = KeepingSink(), threading.Event()
    sink.send = lambda parcels, waiting: sent.set()  # type: ignore[method-assign]
    post = Post(sink, background=True)
    post.put(0)
    assert sent.wait(30)
    post.close(30)


def test_events_that_wait_are_sent_together_and_in_order() -> None:
    sink = HeldSink()
    post = Post(sink, 1000, background=True)
    post.put(*range(500))
    sink.release.set()
    post.close(30)
    assert sink.numbers == list(range(500))
    assert len(sink.sends) < 100


def test_many_forecasts_and_outcomes_become_few_entries() -> None:
    sink = KeepingSink()
    post = Post(sink, 2000)
    for n in range(0, 1000, 2):
        post.ring.put(("t", n, ("xgboost", "AAPL", 1), 7, "v1", 2.5, 2.0))
        post.ring.put(("t", n + 1, "outcome", 8, ("t", n), 2.25))
    assert post.flush(30)
    assert sum(map(len, sink.sends)) == 2
    assert sink.numbers == list(range(1000))
    assert [type(item) for item in sink.items[:2]] == [Prediction, Outcome]


@pytest.mark.parametrize("error", [None, OSError("gone"), RuntimeError("a fault in the sink")])
def test_a_server_that_is_away_delays_events_and_loses_none(error: Exception | None) -> None:
    sink = FailingSink(2, error=error)
    post = Post(sink, background=True)
    post.put(*range(10))
    post.close(30)
    assert sink.numbers == list(range(10))
    assert dict(post.faults.messages) == {}


def test_what_is_sent_twice_has_the_same_id() -> None:
    sink = FailingSink(1, lost_reply=True)
    post = Post(sink)
    post.put(0, 1, 2)
    assert post.flush(30)
    assert sink.numbers == [0, 1, 2, 0, 1, 2]
    assert post.stats == Stats(published=3, pending=0, dropped=0, failed=0)


def test_flush_says_when_it_could_not_and_why() -> None:
    post = Post(FailingSink(10**9))
    post.put(0, 1)
    assert not post.flush(0)
    assert post.stats.pending == 2
    assert post.faults.messages["server"] == (
        "redis://nowhere does not answer; start it; 2 events wait and will be sent with the same ids"
    )


def test_dropping_is_logged_once_until_the_ring_is_empty(caplog: pytest.LogCaptureFixture) -> None:
    sink = FailingSink(10**9)
    post = Post(sink, capacity=1)
    for _ in range(2):
        post.put(0, 1, 2)
        post.flush(0)
    levels = [record.levelno for record in caplog.records if ": ring:" in record.message]
    assert levels == [logging.WARNING]
    assert "1 events wait" in post.faults.messages["ring"]


def test_what_was_lost_is_told_to_the_server_once() -> None:
    sink = KeepingSink()
    post = Post(sink, capacity=1)
    post.put(0, 1, 2)
    post.flush(30)
    post.close(30)
    told = json.loads(sink.reports["t"])
    assert told.pop("at") > 0
    assert told == {"published": 1, "pending": 0, "dropped": 2, "failed": 0, "spooled": 0}


def test_who_lost_nothing_leaves_no_counters() -> None:
    sink = KeepingSink()
    post = Post(sink)
    post.put(0)
    post.close(30)
    assert sink.reports == {}


def test_closing_without_the_server_says_how_much_was_lost() -> None:
    post = Post(FailingSink(10**9))
    post.put(0, 1)
    post.close(0)
    assert post.faults.messages["closed"] == "2 events were never sent"


def test_what_could_not_be_sent_is_sent_by_the_next_process(tmp_path: Path) -> None:
    post = Post(FailingSink(10**9), spool=tmp_path)
    post.put(*range(5))
    post.close(0)
    assert post.faults.messages["closed"] == f"5 events wait in {tmp_path} for the next publisher"
    sink = KeepingSink()
    following = Post(sink, spool=tmp_path)
    following.put(5)
    assert following.flush(30)
    assert sink.numbers == [0, 1, 2, 3, 4, 5]
    following.close(30)
    assert list(tmp_path.iterdir()) == []


def test_a_ring_past_half_is_emptied_to_disk_while_the_server_is_away(tmp_path: Path) -> None:
    sink = FailingSink(3)
    post = Post(sink, capacity=10, spool=tmp_path)
    for start in range(0, 24, 8):
        post.put(*range(start, start + 8))
        post.outbox.send()
    assert post.stats == Stats(published=0, pending=0, dropped=0, failed=0, spooled=24)
    assert post.flush(30)
    assert sink.numbers == list(range(24))


def test_events_go_to_disk_while_an_answer_is_awaited(tmp_path: Path) -> None:
    sink = HeldSink()
    post = Post(sink, capacity=10, background=True, spool=tmp_path)
    post.put(0)
    wait_until(lambda: not post.ring.waiting)  # it is on its way
    post.put(*range(1, 8))
    wait_until(lambda: post.stats.spooled == 8)
    sink.release.set()
    post.close(30)
    assert sink.numbers == list(range(8))


def test_a_full_spool_and_a_full_ring_drop_the_newest(tmp_path: Path) -> None:
    post = Post(FailingSink(10**9), capacity=100, spool=tmp_path)
    row = bytes(60_000)
    for n in range(200):
        post.ring.put(("", 0, "input", n, "AAPL", "s1", row))
        post.outbox.send()
    assert post.stats.dropped > 0
    assert post.stats.spooled == 2**20 // 60_100
    assert sum((post.stats.spooled, post.stats.pending, post.stats.dropped)) == 200


FORKED = """
import os, sys
from pathlib import Path
from tests.unit.producers.sinks import FailingSink
from tests.unit.producers.test_outbox import Post

post = Post(FailingSink(10**9), spool=Path(sys.argv[1]))
post.put(*range(60))
post.outbox.spill()
post.put(60)
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    assert (post.stats.spooled, post.stats.pending) == (60, 1)
else:
    assert "fork" not in post.faults.messages
    post.put(61)
    assert (post.stats.spooled, post.stats.pending, post.stats.dropped) == (0, 0, 1)
    assert "made before a fork" in post.faults.messages["fork"]
    post.close(0)
"""


def test_a_forked_copy_drops_everything_since_ids_and_files_are_the_parents(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKED, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    following = Post(sink := KeepingSink(), spool=tmp_path)
    assert following.flush(30)
    assert sink.numbers == list(range(60))
