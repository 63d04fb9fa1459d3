"""What every test may ask for: one real server for the whole session, and a scope of its own."""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.programs import server_in

if TYPE_CHECKING:
    from redis import Redis

NUMBERS = count()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded server; a machine on which it does not start fails the tests that need it."""
    with server_in(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
def scope_name() -> str:
    """A name that no other test has, so that tests share a server without meeting."""
    return f"test-{next(NUMBERS)}"


@pytest.fixture
def redis_client(server_url: str) -> Iterator["Redis"]:
    """A client of the real server, for what only a server can show."""
    import redis

    client: Redis = redis.Redis.from_url(server_url, protocol=2)
    yield client
    client.close()
