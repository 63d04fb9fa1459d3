"""Every port says which server does not answer, without its password, and what to do."""

import socket
from collections.abc import Iterator

import pytest

from clm.errors import UnreachableServer
from clm.events import tick
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.redis_keyspace import connect, masked


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """A port on which nobody listens, and nobody else can."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_a_server_that_is_not_there_is_named_without_its_password(deaf_port: int) -> None:
    log = StreamEventLog(connect(f"redis://me:secret@127.0.0.1:{deaf_port}/0"), Keys("default"))
    with pytest.raises(UnreachableServer, match=rf"me:\*\*\*@127.0.0.1:{deaf_port}.*CLM_REDIS_URL") as caught:
        log.append(tick(60_000_000))
    assert "secret" not in str(caught.value)


def test_connecting_is_put_off_until_something_is_asked(deaf_port: int) -> None:
    connect(f"redis://127.0.0.1:{deaf_port}")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:pw@host:6379/0", "redis://:***@host:6379/0"),
        ("rediss://me:p@ss@host", "rediss://me:***@host"),
        ("redis://host", "redis://host"),
        ("unix:///tmp/a.sock", "unix:///tmp/a.sock"),
    ],
)
def test_only_the_password_of_a_url_is_hidden(url: str, shown: str) -> None:
    assert masked(url) == shown
