"""A lost server ends an RQ worker and the next one is hired; a signal ends all, as do a burst and a limit."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import fakeredis
import pytest
from redis.exceptions import ConnectionError as LostServer
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from worker import shift

done = list[str]()


def note(what: str) -> None:
    """A job."""
    done.append(what)


class Loser(shift.Hand, SimpleWorker):
    """Meets a lost server wherever it is told to, once."""

    at = frozenset[str]()

    def lose(self, where: str) -> None:
        if where in self.at:
            self.at -= {where}
            raise LostServer(f"gone in {where}")

    def register_birth(self) -> None:
        self.lose("birth")
        super().register_birth()  # type: ignore[no-untyped-call]

    def check_for_suspension(self, burst: bool) -> None:
        self.lose("loop")
        super().check_for_suspension(burst)  # type: ignore[no-untyped-call]

    def heartbeat(self, *arguments: Any, **named: Any) -> None:
        self.lose("job" if self.worked else "heartbeat")
        super().heartbeat(*arguments, **named)  # type: ignore[no-untyped-call]

    def register_death(self) -> None:
        self.lose("death")
        super().register_death()  # type: ignore[no-untyped-call]


@pytest.fixture
def queue() -> Iterator[Queue]:
    """A queue with two jobs; RQ takes signals over, which is undone."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    queue = Queue("q", connection=fakeredis.FakeRedis(), serializer=JSONSerializer)
    done.clear()
    for what in ("a", "b"):
        queue.enqueue(note, what)
    yield queue
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def hiring(queue: Queue, *losses: frozenset[str]) -> tuple[Callable[[], Loser], list[Loser]]:
    """What hires workers, of whom the first ones meet a lost server; and those it hired."""
    hired = list[Loser]()

    def hire() -> Loser:
        hand = Loser([queue], connection=queue.connection, serializer=JSONSerializer)
        hand.at = losses[len(hired)] if len(hired) < len(losses) else frozenset()
        hired.append(hand)
        return hand

    return hire, hired


@pytest.mark.parametrize("where", ["birth", "loop", "heartbeat", "job"])
@pytest.mark.parametrize("dying", [frozenset(), frozenset({"death"})], ids=["told", "untold"])
def test_a_worker_that_lost_its_server_is_replaced_and_no_job_is_missed(
    queue: Queue, where: str, dying: frozenset[str]
) -> None:
    hire, hired = hiring(queue, frozenset({where}) | dying)
    rests = list[None]()
    shift.work(hire, lambda: rests.append(None), max_jobs=2)
    assert done == ["a", "b"]
    assert (len(hired), len(rests)) == (2, 1)


def test_jobs_of_all_workers_count_towards_the_most(queue: Queue) -> None:
    hire, hired = hiring(queue, frozenset({"job"}))
    shift.work(hire, lambda: None, max_jobs=1)
    assert (done, len(hired)) == (["a"], 1)


def test_a_burst_ends_with_the_queue(queue: Queue) -> None:
    hire, hired = hiring(queue)
    shift.work(hire, lambda: None, burst=True)
    assert (done, len(hired)) == (["a", "b"], 1)


def test_a_burst_without_a_server_says_so(queue: Queue) -> None:
    hire, _ = hiring(queue, frozenset({"birth"}))
    with pytest.raises(LostServer, match="gone in birth"):
        shift.work(hire, lambda: None, burst=True)


@pytest.mark.parametrize("where", ["loop", "job"])  # RQ takes a worker for busy that lost its server in a job
def test_a_signal_between_two_workers_ends_the_shift(queue: Queue, where: str) -> None:
    hire, hired = hiring(queue, frozenset({where}))
    shift.work(hire, lambda: signal.raise_signal(signal.SIGTERM))
    assert len(hired) == 1


def test_a_signal_at_work_ends_the_shift(queue: Queue) -> None:
    hire, hired = hiring(queue)

    def told() -> Loser:
        hand = hire()
        hand.heartbeat = lambda *_, **__: signal.raise_signal(signal.SIGTERM)  # type: ignore[method-assign]
        return hand

    shift.work(told, lambda: None)
    assert len(hired) == 1
