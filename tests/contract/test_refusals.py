"""A server that answers with an error is told apart from one that is gone, and nothing was written."""

from collections.abc import Iterator

import pytest
from redis import Redis

from clm.errors import RefusedByServer, UnreachableServer
from clm.events import tick
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.keyspace import Add, Put
from clm.store.redis_keyspace import RedisKeyspace, connect
from tests.programs import server_in

pytestmark = pytest.mark.server


@pytest.fixture
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisKeyspace]:
    """A server of its own whose memory is full."""
    with server_in(tmp_path_factory.mktemp("full")) as url:
        client: Redis = Redis.from_url(url)
        client.config_set("maxmemory", "1")
        yield connect(url)
        client.config_set("maxmemory", "0")
        client.close()


def test_a_full_memory_is_worth_trying_again(full: RedisKeyspace, keys: Keys) -> None:
    with pytest.raises(UnreachableServer, match="raise maxmemory"):
        full.commit([], [Add(keys.events, b"event")])
    with pytest.raises(UnreachableServer, match="raise maxmemory"):
        StreamEventLog(full, keys).append(tick(60_000_000))
    assert full.length(keys.events) == 0


def test_a_key_of_another_kind_is_refused_with_its_remedy(server_url: str, keys: Keys) -> None:
    space = connect(server_url)
    space.commit([], [Put(keys.events, b"no stream")])
    for ask in (
        lambda: space.append(keys.events, b"event"),
        lambda: space.commit([], [Add(keys.events, b"event")]),
        lambda: space.read(keys.events, "0", 1),
    ):
        with pytest.raises(RefusedByServer, match="rename the scope or remove the key"):
            ask()


def test_a_user_without_rights_is_told_so(redis_client: Redis, server_url: str, keys: Keys) -> None:
    redis_client.execute_command("ACL", "SETUSER", "guest", "on", "nopass", "~*", "+get", "+ping")
    space = connect(server_url.replace("unix://", "unix://guest:any@"))
    assert space.get(keys.declaration) is None
    with pytest.raises(RefusedByServer, match="rights"):
        space.append(keys.events, b"event")
    redis_client.execute_command("ACL", "DELUSER", "guest")
