"""The scene: the adapters of a scope on the bench's own server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.stream import tape
from worker import bootstrap
from worker.settings import load
from worker.stage import Stage

if TYPE_CHECKING:
    from redis import Redis


def staged(url: str, scope: str) -> Stage:
    """The real adapters."""
    return bootstrap.redis_stage(load(redis_url=url), tape.scope(scope))


def connected(url: str) -> Redis:
    """A redis-py client without decoding, for what is written and counted beside the measured paths."""
    import redis

    client: Redis = redis.Redis.from_url(url, protocol=2)
    return client
