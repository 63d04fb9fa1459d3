"""The ring keeps order and identity through every fault, and says what it could not keep."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest

from clm.events import Event, Regime
from producers.drafts import Draft
from producers.outbox import Outbox, Stats
from producers.sinks import Sink
from tests.unit.producers.sinks import FailingSink, HeldSink, KeepingSink


def manual(sink: Sink, capacity: int = 100) -> Outbox:
    return Outbox(sink, capacity, background=False)


def put(outbox: Outbox, count: int) -> None:
    for n in range(count):
        outbox.put(Draft(Regime, "t", n, n, ("calm", None, None)))


def numbers(sink: KeepingSink) -> list[int]:
    return [item.n for item in sink.items if isinstance(item, Event)]


def test_a_thread_sends_without_being_asked() -> None:
    sink, sent = KeepingSink(), threading.Event()
    sink.send = lambda items: sent.set()  # type: ignore[method-assign]
    outbox = Outbox(sink, 100, background=True)
    put(outbox, 1)
    assert sent.wait(30)
    outbox.close(30)


def test_events_that_wait_are_sent_together_and_in_order() -> None:
    sink = HeldSink()
    outbox = Outbox(sink, 1000, background=True)
    put(outbox, 500)
    sink.release.set()
    outbox.close(30)
    assert numbers(sink) == list(range(500))
    assert len(sink.batches) < 100


@pytest.mark.parametrize("error", [None, OSError("gone"), RuntimeError("a fault in the sink")])
def test_a_server_that_is_away_delays_events_and_loses_none(error: Exception | None) -> None:
    sink = FailingSink(2, error=error)
    outbox = Outbox(sink, 100, background=True)
    put(outbox, 10)
    outbox.close(30)
    assert numbers(sink) == list(range(10))
    assert outbox.faults.messages == {}


def test_what_is_sent_twice_has_the_same_id() -> None:
    sink = FailingSink(1, lost_reply=True)
    outbox = manual(sink)
    put(outbox, 3)
    assert outbox.flush(30)
    assert numbers(sink) == [0, 1, 2, 0, 1, 2]
    assert outbox.stats == Stats(published=3, pending=0, dropped=0, failed=0)


def test_flush_says_when_it_could_not_and_why() -> None:
    outbox = manual(FailingSink(10**9))
    put(outbox, 2)
    assert not outbox.flush(0)
    assert outbox.stats.pending == 2
    assert outbox.faults.messages["server"] == (
        "redis://nowhere does not answer; start it; 2 events wait and will be sent with the same ids"
    )


def test_a_full_ring_drops_the_newest_and_counts_them() -> None:
    sink = KeepingSink()
    outbox = manual(sink, capacity=3)
    put(outbox, 5)
    assert outbox.stats == Stats(published=0, pending=3, dropped=2, failed=0)
    assert outbox.flush(30)
    assert numbers(sink) == [0, 1, 2]


def test_dropping_is_logged_once_until_the_ring_is_empty(caplog: pytest.LogCaptureFixture) -> None:
    outbox = manual(FailingSink(2), capacity=1)
    for _ in range(2):
        put(outbox, 3)
        outbox.flush(0)
    levels = [record.levelno for record in caplog.records if ": ring:" in record.message]
    assert levels == [logging.WARNING]
    assert outbox.faults.messages["ring"] == "dropped 5 events so far: 1 events wait"


def test_closing_without_the_server_says_how_much_was_lost() -> None:
    outbox = manual(FailingSink(10**9))
    put(outbox, 2)
    outbox.close(0)
    assert outbox.faults.messages["closed"] == "2 events were never sent"


FORKED = """
import os
from producers import EventPublisher, Stats
from tests.unit.producers.sinks import KeepingSink

publisher = EventPublisher(sink=KeepingSink(), background=False)
publisher.regime("calm", 1)
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    assert publisher.stats == Stats(published=0, pending=1, dropped=0, failed=0)
else:
    publisher.regime("wild", 2)
    assert publisher.stats == Stats(published=0, pending=0, dropped=1, failed=0)
    assert "made before a fork" in publisher.errors["fork"]
"""


def test_a_forked_copy_drops_everything_since_its_ids_are_the_parents() -> None:
    run = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
