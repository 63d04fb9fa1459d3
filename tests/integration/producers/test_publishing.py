"""On a real server nothing is lost, reordered or given a second identity, whatever happens to it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from clm.errors import UnreachableServer
from clm.events import Event, InputRow, Outcome, Prediction
from clm.store.codec import decode
from clm.store.event_log import StreamEventLog, StreamInputLog
from clm.store.keys import Keys
from clm.store.redis_keyspace import connect
from producers import EventPublisher
from producers.sinks import RedisSink
from tests.integration.producers.conftest import PrivateServer

pytestmark = pytest.mark.server


def published(url: str, scope: str) -> list[Event]:
    """Every event of a scope's stream."""
    log, cursor, found = StreamEventLog(connect(url), Keys(scope)), "0", list[Event]()
    while entries := log.read(cursor):
        found += [decode(entry.data) for entry in entries]
        cursor = entries[-1].id
    return found


def predict(publisher: EventPublisher, at: int) -> tuple[str, int]:
    return publisher.prediction(
        model_type="xgboost", version="v1", symbol="AAPL", at=at, horizon=1, value=2.5, naive=2.0
    )


def predict_all(publisher: EventPublisher, moments: range) -> None:
    for at in moments:
        predict(publisher, at)


@contextmanager
def trading(publisher: EventPublisher) -> Iterator[list[int]]:
    """A thread that publishes until the end of the block; the moments it published."""
    moments, enough = list[int](), threading.Event()

    def trade() -> None:
        while not enough.wait(0.001):
            predict(publisher, len(moments))
            moments.append(len(moments))

    thread = threading.Thread(target=trade)
    thread.start()
    yield moments
    enough.set()
    thread.join()


def test_ten_thousand_events_from_a_thread_arrive_once_and_in_order(server_url: str, scope_name: str) -> None:
    with EventPublisher(server_url, scope_name) as publisher:
        thread = threading.Thread(target=predict_all, args=(publisher, range(10_000)))
        thread.start()
        thread.join()
        assert publisher.flush(60)
    events = published(server_url, scope_name)
    assert [(event.n, event.at) for event in events] == [(at, at) for at in range(10_000)]


def test_inputs_and_events_go_to_their_own_streams(server_url: str, scope_name: str) -> None:
    with EventPublisher(server_url, scope_name, p="t") as publisher:
        publisher.input("AAPL", 7, "s1", [1.0])
        publisher.outcome(predict(publisher, 7), 2.25, 8)
    prediction, outcome = published(server_url, scope_name)
    assert isinstance(prediction, Prediction)
    assert outcome == Outcome(p="t", n=1, at=8, of=("t", 0), value=2.25)
    rows = StreamInputLog(connect(server_url), Keys(scope_name)).read("0")
    assert [row for _, row in rows] == [InputRow("AAPL", 7, "s1", b"\0\0\x80?")]


def test_a_frozen_server_delays_events_and_loses_none(private_server: PrivateServer) -> None:
    with EventPublisher(private_server.url) as publisher, trading(publisher) as moments:
        private_server.signal(signal.SIGSTOP)
        time.sleep(2)
        private_server.signal(signal.SIGCONT)
    assert publisher.stats.dropped == 0
    found = [event.at for event in published(private_server.url, "default")]
    assert found == moments


def test_a_killed_server_delays_events_and_loses_none(private_server: PrivateServer) -> None:
    with EventPublisher(private_server.url, p="t") as publisher:
        with trading(publisher) as moments:
            time.sleep(0.2)
            private_server.kill()
            time.sleep(1)
            private_server.restart()
        assert publisher.flush(60)
        assert publisher.errors == {}
    found = {(event.p, event.n): event.at for event in published(private_server.url, "default")}
    assert list(found.values()) == moments


def test_a_server_without_memory_is_told_and_events_wait(private_server: PrivateServer) -> None:
    import redis

    client = redis.Redis.from_url(private_server.url)
    client.config_set("maxmemory", "1")
    with EventPublisher(private_server.url) as publisher:
        predict(publisher, 7)
        assert not publisher.flush(0.5)
        assert "the server refuses to write" in publisher.errors["server"]
        client.config_set("maxmemory", "0")
        assert publisher.flush(60)
    client.close()
    assert [event.at for event in published(private_server.url, "default")] == [7]


class LosingReply(RedisSink):
    """Writes, and loses the answer the first time."""

    lost = False

    def send(self, items: Sequence[Event | InputRow]) -> None:
        super().send(items)
        if not self.lost:
            self.lost = True
            raise UnreachableServer("the answer was lost")


def test_what_is_written_again_after_a_lost_reply_has_the_same_ids(server_url: str, scope_name: str) -> None:
    with EventPublisher(sink=LosingReply(server_url, scope_name), background=False) as publisher:
        ids = [predict(publisher, at) for at in range(3)]
        assert publisher.flush(60)
    assert [(event.p, event.n) for event in published(server_url, scope_name)] == ids * 2
