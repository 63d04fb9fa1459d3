"""On a real server nothing is lost, reordered or given a second identity, whatever happens to it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clm.errors import UnreachableServer
from clm.events import Command, Event, InputRow, Outcome, Prediction
from clm.store.admission import decode_entry
from clm.store.event_log import StreamEventLog, StreamInputLog
from clm.store.keys import Keys
from clm.store.redis_keyspace import connect
from producers import EventPublisher
from producers.parcels import Parcel
from producers.redis_sink import RedisSink
from tests.integration.producers.conftest import PrivateServer

pytestmark = pytest.mark.server


def published(url: str, scope: str) -> list[Event]:
    """Every event of a scope's stream."""
    log, cursor, found = StreamEventLog(connect(url), Keys(scope)), "0", list[Event]()
    while entries := log.read(cursor):
        found += [event for entry in entries for event in decode_entry(entry.data)]
        cursor = entries[-1].id
    return found


def in_order_of_first_arrival(events: Sequence[Event]) -> list[int]:
    """The moments of the events, those that came again left out."""
    return list({(event.p, event.n): event.at for event in events}.values())


def wait_until(holds: Callable[[], bool]) -> None:
    """Until something is so; the suite's own time-out ends a test in which it never is."""
    while not holds():
        time.sleep(0.01)


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


def command_while_idle(publisher: EventPublisher, number: int) -> None:
    """Publish a command once its thread has fallen asleep again."""
    wait_until(lambda: publisher._ring.limit == 0)
    publisher.command("retrain", reason=str(number))


def told(url: str) -> list[str]:
    """The reasons of the commands in a stream, those that came again included."""
    return [event.reason for event in published(url, "default") if isinstance(event, Command)]


def test_commands_of_an_idle_publisher_are_written_by_the_call(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, begin = list[bool](), RedisSink.begin
    monkeypatch.setattr(
        RedisSink, "begin", lambda sink, parcel: begun.append(begin(sink, parcel)) or begun[-1]
    )
    with EventPublisher(private_server.url, spool_dir=None) as publisher:
        predict(publisher, 0)  # which connects
        assert publisher.flush(60)
        for number in range(50):
            command_while_idle(publisher, number)
        assert publisher.flush(60)
        assert publisher.stats.published == 51
    assert any(begun)
    assert told(private_server.url) == [str(number) for number in range(50)]


def test_a_command_begun_on_a_frozen_server_is_there_in_its_place(
    private_server: PrivateServer, tmp_path: Path
) -> None:
    with EventPublisher(private_server.url, spool_dir=str(tmp_path)) as publisher:
        predict(publisher, 0)
        assert publisher.flush(60)
        private_server.signal(signal.SIGSTOP)
        command_while_idle(publisher, 0)
        predict_all(publisher, range(1, 600))
        publisher.command("retrain", reason="1")
        wait_until(lambda: publisher.stats.spooled > 500)
        private_server.signal(signal.SIGCONT)
        assert publisher.flush(60)
        assert (publisher.stats.dropped, publisher.errors) == (0, {})
    numbers = list(dict.fromkeys(event.n for event in published(private_server.url, "default")))
    assert numbers == list(range(602))


def test_a_command_begun_on_a_server_that_dies_is_sent_again(
    private_server: PrivateServer, tmp_path: Path
) -> None:
    with EventPublisher(private_server.url, spool_dir=str(tmp_path)) as publisher:
        for number in range(5):
            command_while_idle(publisher, number)
            assert publisher.flush(60)
            private_server.signal(signal.SIGSTOP)
            command_while_idle(publisher, 10 + number)
            private_server.kill()
            private_server.restart()
            assert publisher.flush(60)
    assert list(dict.fromkeys(told(private_server.url))) == [
        str(number) for pair in zip(range(5), range(10, 15), strict=True) for number in pair
    ]


def test_a_frozen_server_delays_events_and_loses_none(private_server: PrivateServer, tmp_path: Path) -> None:
    with EventPublisher(private_server.url, spool_dir=str(tmp_path)) as publisher:
        with trading(publisher) as moments:
            private_server.signal(signal.SIGSTOP)
            wait_until(lambda: publisher.stats.spooled > 500)
            private_server.signal(signal.SIGCONT)
        assert publisher.flush(60)
    assert (publisher.stats.dropped, publisher.errors) == (0, {})
    assert publisher.stats.published == len(moments)
    assert in_order_of_first_arrival(published(private_server.url, "default")) == moments


def test_a_killed_server_delays_events_and_loses_none(private_server: PrivateServer, tmp_path: Path) -> None:
    with EventPublisher(private_server.url, p="t", spool_dir=str(tmp_path)) as publisher:
        with trading(publisher) as moments:
            wait_until(lambda: publisher.stats.published > 100)
            private_server.kill()
            wait_until(lambda: publisher.stats.spooled > 500)
            private_server.restart()
        assert publisher.flush(60)
        assert publisher.errors == {}
    assert in_order_of_first_arrival(published(private_server.url, "default")) == moments
    assert list(tmp_path.rglob("*.spool")) == []


def test_what_a_dead_trader_could_not_send_the_next_one_sends(
    private_server: PrivateServer, tmp_path: Path
) -> None:
    private_server.signal(signal.SIGSTOP)
    arguments = [private_server.url, str(tmp_path)]
    trader = subprocess.Popen([sys.executable, "-c", DOOMED, *arguments], stdout=subprocess.PIPE)
    assert trader.stdout is not None
    assert trader.stdout.readline() == b"spooled\n"
    trader.kill()
    trader.communicate()
    private_server.signal(signal.SIGCONT)
    with EventPublisher(private_server.url, p="second", spool_dir=str(tmp_path)) as publisher:
        predict(publisher, 1000)
        wait_until(lambda: publisher.stats.published >= 1001)
    found = {(event.p, event.n) for event in published(private_server.url, "default")}
    assert found == {("first", n) for n in range(1000)} | {("second", 0)}


DOOMED = """
import sys, time
from producers import EventPublisher
publisher = EventPublisher(sys.argv[1], p="first", spool_dir=sys.argv[2])
say = publisher.predictions("xgboost", "AAPL", 1)
for at in range(1000):
    say("v1", at, 2.5, 2.0)
while publisher.stats.spooled < 1000:
    time.sleep(0.01)
print("spooled", flush=True)
time.sleep(1000)
"""


def test_what_was_lost_is_kept_on_the_server(private_server: PrivateServer) -> None:
    with EventPublisher(private_server.url, p="t", capacity=5, spool_dir=None) as publisher:
        private_server.signal(signal.SIGSTOP)
        predict_all(publisher, range(1000))
        private_server.signal(signal.SIGCONT)
        assert publisher.flush(60)
    counters = connect(private_server.url).get(Keys("default").producers, "t")
    assert counters is not None
    told = json.loads(counters)
    assert told["dropped"] == publisher.stats.dropped > 0
    assert told["published"] + told["dropped"] == 1000


def test_a_server_without_memory_is_told_and_events_wait(
    private_server: PrivateServer, tmp_path: Path
) -> None:
    import redis

    client = redis.Redis.from_url(private_server.url)
    client.config_set("maxmemory", "1")
    with EventPublisher(private_server.url, spool_dir=str(tmp_path)) as publisher:
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

    def send(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:
        super().send(parcels, waiting)
        if not self.lost:
            self.lost = True
            raise UnreachableServer("the answer was lost")


def test_what_is_written_again_after_a_lost_reply_has_the_same_ids(server_url: str, scope_name: str) -> None:
    with EventPublisher(sink=LosingReply(server_url, scope_name), background=False) as publisher:
        ids = [predict(publisher, at) for at in range(3)]
        assert publisher.flush(60)
    assert [(event.p, event.n) for event in published(server_url, scope_name)] == ids * 2


def test_an_input_and_its_prediction_that_are_sent_together_arrive_together(
    server_url: str, scope_name: str
) -> None:
    with EventPublisher(server_url, scope_name, background=False) as publisher:
        for at in range(20):
            publisher.input("AAPL", at, "s1", [1.0])
            predict(publisher, at)
        assert publisher.flush(60)
    keys, space = Keys(scope_name), connect(server_url)
    assert (space.length(keys.inputs), space.length(keys.events)) == (20, 1)
    assert len(published(server_url, scope_name)) == 20


def test_what_a_server_acknowledged_and_lost_in_a_crash_is_sent_again(
    server_url: str, scope_name: str, redis_client: Any
) -> None:
    stream = Keys(scope_name).events
    with EventPublisher(server_url, scope_name, spool_dir=None) as publisher:
        predict_all(publisher, range(5))
        assert publisher.flush()
        names = [name for name, _ in redis_client.xrange(stream)]
        redis_client.xdel(stream, names[-1])  # as if it had not been written when the server was killed
        for client in redis_client.client_list():
            if client["cmd"] in ("xadd", "exec"):
                redis_client.client_kill_filter(_id=client["id"])
        predict(publisher, 5)
        assert publisher.flush()
    assert in_order_of_first_arrival(published(server_url, scope_name)) == [0, 1, 2, 3, 4, 5]
