"""Only what is on the list may run, whatever somebody wrote into the queue's keys."""

from __future__ import annotations

from typing import Any

import fakeredis
import pytest
from rq import Queue, SimpleWorker
from rq.callbacks import Callback
from rq.serializers import JSONSerializer

from worker.rq_worker import ALLOWED, ForbiddenJob, TrainingJob, TrainingWorker


@pytest.fixture
def client() -> Any:
    return fakeredis.FakeRedis(server=fakeredis.FakeServer())


def job(client: Any, func: str, **options: Any) -> TrainingJob:
    """A job as a worker fetches it."""
    made = TrainingJob.create(func, args=["a"], connection=client, serializer=JSONSerializer, **options)
    made.save()
    fetched = TrainingJob.fetch(made.id, client, serializer=JSONSerializer)
    assert isinstance(fetched, TrainingJob)
    return fetched


@pytest.mark.parametrize(
    "func", ["os.system", "worker.jobs.os.system", "worker.jobs.bootstrap.ping", "train"]
)
def test_a_callable_that_is_not_on_the_list_is_refused_by_name(client: Any, func: str) -> None:
    with pytest.raises(ForbiddenJob, match=f"'{func}'.*worker.jobs.train"):
        _ = job(client, func).func


def test_the_training_is_on_the_list_and_exists(client: Any) -> None:
    from worker import jobs

    assert job(client, "worker.jobs.train").func is jobs.train
    assert {"worker.jobs.train"} == ALLOWED


def test_callbacks_that_a_job_names_are_not_even_imported(client: Any) -> None:
    names = {f"on_{each}": Callback("antigravity.fly") for each in ("success", "failure", "stopped")}
    found = job(client, "worker.jobs.train", **names)
    assert (found.success_callback, found.failure_callback, found.stopped_callback) == (None, None, None)


def test_a_forbidden_job_fails_and_the_worker_goes_on(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    queue = Queue("q", connection=client, serializer=JSONSerializer, job_class=TrainingJob)
    bad = [queue.enqueue("os.system", "true"), queue.enqueue("os.getcwd")]
    TrainingWorker([queue], connection=client).work(burst=True, logging_level="CRITICAL")
    assert [each.get_status(refresh=True) for each in bad] == ["failed", "failed"]
    result = bad[0].latest_result()
    assert result is not None
    assert "only ['worker.jobs.train'] may run here" in str(result.exc_string)


def test_a_worker_neither_forks_nor_unpickles(client: Any) -> None:
    worker = TrainingWorker([Queue("q", connection=client)], connection=client)
    assert worker.serializer is JSONSerializer
    assert isinstance(worker, SimpleWorker)
