"""The job queue: one attempt of a run waits once, under a name that follows from it."""

import pytest

from clm.errors import UnreachableServer
from clm.ports import Job, JobQueue
from clm.store.memory_queue import MemoryJobQueue
from clm.store.rq_queue import RqJobQueue, queue_name

FIRST, SECOND = Job("watcher-1", 1, "xgboost"), Job("watcher-1", 2, "xgboost")


@pytest.fixture(params=["memory", pytest.param("rq", marks=pytest.mark.server)])
def queue(request: pytest.FixtureRequest, scope_name: str) -> JobQueue:
    if request.param == "memory":
        return MemoryJobQueue()
    return RqJobQueue(request.getfixturevalue("redis_client"), scope_name)


def test_a_queued_attempt_waits(queue: JobQueue) -> None:
    assert not queue.waits(FIRST)
    queue.enqueue(FIRST)
    assert queue.waits(FIRST)
    assert not queue.waits(SECOND)


def test_the_same_attempt_has_the_same_name(queue: JobQueue) -> None:
    first = queue.enqueue(FIRST)
    assert queue.enqueue(FIRST) == first
    assert queue.enqueue(SECOND) != first


def test_new_jobs_wait_and_are_not_queued_twice(queue: JobQueue) -> None:
    queue.enqueue_new([FIRST, SECOND])
    queue.enqueue(FIRST)
    assert (queue.waits(FIRST), queue.waits(SECOND)) == (True, True)


@pytest.fixture
def rq_queue(redis_client, scope_name):  # type: ignore[no-untyped-def]
    return RqJobQueue(redis_client, scope_name)


@pytest.mark.server
def test_an_attempt_queued_twice_waits_once(rq_queue, redis_client, scope_name) -> None:  # type: ignore[no-untyped-def]
    for _ in range(2):
        rq_queue.enqueue(FIRST)
    waiting = redis_client.lrange(f"rq:queue:{queue_name(scope_name)}", 0, -1)
    assert waiting == [f"{scope_name}-watcher-1-1".encode()]


@pytest.mark.server
def test_an_attempt_lost_by_the_worker_that_took_it_is_queued_again(  # type: ignore[no-untyped-def]
    rq_queue, redis_client, scope_name
) -> None:
    rq_queue.enqueue(FIRST)
    redis_client.lpop(f"rq:queue:{queue_name(scope_name)}")
    assert not rq_queue.waits(FIRST)
    rq_queue.enqueue(FIRST)
    assert rq_queue.waits(FIRST)


@pytest.mark.server
def test_urgent_jobs_stand_in_front_in_their_own_order(rq_queue, redis_client, scope_name) -> None:  # type: ignore[no-untyped-def]
    rq_queue.enqueue(FIRST)
    urgent = [Job(f"watcher-{n}", 1, "xgboost", urgent=True) for n in (2, 3)]
    rq_queue.enqueue_new([SECOND, *urgent])
    waiting = redis_client.lrange(f"rq:queue:{queue_name(scope_name)}", 0, -1)
    names = ["watcher-2-1", "watcher-3-1", "watcher-1-1", "watcher-1-2"]
    assert waiting == [f"{scope_name}-{name}".encode() for name in names]


@pytest.mark.server
def test_a_pool_has_a_queue_of_its_own(redis_client, scope_name) -> None:  # type: ignore[no-untyped-def]
    queue = RqJobQueue(redis_client, scope_name, {"nhits": "networks"})
    network = Job("watcher-2", 1, "nhits")
    queue.enqueue_new([FIRST, network])
    queue.enqueue(SECOND)
    names = [queue_name(scope_name), queue_name(scope_name, "networks")]
    assert [redis_client.llen(f"rq:queue:{name}") for name in names] == [2, 1]
    assert queue.waits(network)


@pytest.mark.server
def test_new_jobs_cost_one_round_trip(rq_queue, redis_client, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from redis.connection import AbstractConnection

    rq_queue.enqueue_new([FIRST])  # RQ asks once for the server's version
    sent: list[int] = []
    send = AbstractConnection.send_packed_command
    monkeypatch.setattr(
        AbstractConnection, "send_packed_command", lambda *a, **k: (sent.append(1), send(*a, **k))[1]
    )
    rq_queue.enqueue_new([SECOND, Job("watcher-3", 1, "xgboost")])
    assert len(sent) == 1


@pytest.mark.server
def test_a_job_names_the_callable_and_carries_json(rq_queue, redis_client) -> None:  # type: ignore[no-untyped-def]
    from rq.job import Job
    from rq.serializers import JSONSerializer

    job = Job.fetch(rq_queue.enqueue(SECOND), redis_client, serializer=JSONSerializer)
    assert job.func_name == "worker.jobs.train"
    assert list(job.args)[1:] == ["watcher-1", 2]


def test_a_queue_whose_server_is_gone_says_so() -> None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis.from_url("unix:///nowhere.sock", retry=Retry(NoBackoff(), 0))
    with pytest.raises(UnreachableServer, match="CLM_QUEUE_URL"):
        RqJobQueue(client, "default").enqueue(FIRST)
