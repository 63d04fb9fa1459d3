"""The job queue: one attempt of a run waits once, under a name that follows from it."""

import pytest

from clm.errors import UnreachableServer
from clm.ports import JobQueue
from clm.store.memory_queue import MemoryJobQueue
from clm.store.rq_queue import RqJobQueue, queue_name


@pytest.fixture(params=["memory", pytest.param("rq", marks=pytest.mark.server)])
def queue(request: pytest.FixtureRequest, scope_name: str) -> JobQueue:
    if request.param == "memory":
        return MemoryJobQueue()
    return RqJobQueue(request.getfixturevalue("redis_client"), scope_name)


def test_a_queued_attempt_waits(queue: JobQueue) -> None:
    assert not queue.alive("watcher-1", 1)
    queue.enqueue("watcher-1", 1)
    assert queue.alive("watcher-1", 1)
    assert not queue.alive("watcher-1", 2)


def test_the_same_attempt_has_the_same_name(queue: JobQueue) -> None:
    first = queue.enqueue("watcher-1", 1)
    assert queue.enqueue("watcher-1", 1) == first
    assert queue.enqueue("watcher-1", 2) != first


@pytest.fixture
def rq_queue(redis_client, scope_name):  # type: ignore[no-untyped-def]
    return RqJobQueue(redis_client, scope_name)


@pytest.mark.server
def test_an_attempt_queued_twice_waits_once(rq_queue, redis_client, scope_name) -> None:  # type: ignore[no-untyped-def]
    for _ in range(2):
        rq_queue.enqueue("watcher-1", 1)
    waiting = redis_client.lrange(f"rq:queue:{queue_name(scope_name)}", 0, -1)
    assert waiting == [f"{scope_name}-watcher-1-1".encode()]


@pytest.mark.server
def test_an_attempt_lost_by_the_worker_that_took_it_is_queued_again(  # type: ignore[no-untyped-def]
    rq_queue, redis_client, scope_name
) -> None:
    rq_queue.enqueue("watcher-1", 1)
    redis_client.lpop(f"rq:queue:{queue_name(scope_name)}")
    assert not rq_queue.alive("watcher-1", 1)
    rq_queue.enqueue("watcher-1", 1)
    assert rq_queue.alive("watcher-1", 1)


@pytest.mark.server
def test_a_job_names_the_callable_and_carries_json(rq_queue, redis_client) -> None:  # type: ignore[no-untyped-def]
    from rq.job import Job
    from rq.serializers import JSONSerializer

    job = Job.fetch(rq_queue.enqueue("watcher-1", 2), redis_client, serializer=JSONSerializer)
    assert job.func_name == "worker.jobs.train"
    assert list(job.args)[1:] == ["watcher-1", 2]


def test_a_queue_whose_server_is_gone_says_so() -> None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis.from_url("unix:///nowhere.sock", retry=Retry(NoBackoff(), 0))
    with pytest.raises(UnreachableServer, match="CLM_QUEUE_URL"):
        RqJobQueue(client, "default").enqueue("watcher-1", 1)
