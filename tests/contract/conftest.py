"""Each promise of a port is kept by the twin in memory, on fakeredis and on the real server."""

from collections.abc import Iterator

import pytest

from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.redis_keyspace import RedisKeyspace, connect
from clm.store.redis_lines import Lines


@pytest.fixture(params=["memory", "fakeredis", pytest.param("server", marks=pytest.mark.server)])
def space(request: pytest.FixtureRequest) -> Iterator[Keyspace]:
    if request.param == "memory":
        yield MemoryKeyspace()
    elif request.param == "fakeredis":
        import fakeredis

        client = fakeredis.FakeRedis(server=fakeredis.FakeServer(), protocol=2)
        yield RedisKeyspace(Lines(client.connection_pool.make_connection, "fake"))
        client.close()
    else:
        yield connect(request.getfixturevalue("server_url"))


@pytest.fixture
def keys(scope_name: str) -> Keys:
    return Keys(scope_name)
