"""The guard counts by name and by its own clock."""

from __future__ import annotations

import pytest
from fastapi import HTTPException

from worker.http_guard import RateLimit


class Clock:
    """Seconds that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> RateLimit:
    return RateLimit(60.0, clock)


def test_a_name_is_free_again_after_the_pause(limit: RateLimit, clock: Clock) -> None:
    limit.take(["xgboost"])
    clock.now += 59.5
    with pytest.raises(HTTPException) as refused:
        limit.take(["xgboost"])
    assert (refused.value.status_code, refused.value.headers) == (429, {"Retry-After": "1"})
    clock.now += 0.5
    limit.take(["xgboost"])


def test_names_do_not_wait_for_each_other(limit: RateLimit) -> None:
    limit.take(["xgboost"])
    limit.take(["nhits"])


def test_a_refused_request_takes_none_of_its_names(limit: RateLimit) -> None:
    limit.take(["xgboost"])
    with pytest.raises(HTTPException, match="xgboost"):
        limit.take(["nhits", "xgboost"])
    limit.take(["nhits"])


def test_without_a_pause_nothing_is_limited(clock: Clock) -> None:
    free = RateLimit(0.0, clock)
    free.take(["xgboost"])
    free.take(["xgboost"])
