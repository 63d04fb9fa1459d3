"""The wire of a connection says what the client library says, without its layers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from clm.store.redis_socket import READ_BYTES, LibraryWire, SocketWire, Wire, wire_of

pytestmark = pytest.mark.server


@pytest.fixture(params=["hiredis", "python"])
def wire(request: pytest.FixtureRequest, server_url: str) -> Iterator[Wire]:
    import redis
    from redis._parsers import _HiredisParser, _RESP2Parser

    parsers: dict[str, Any] = {"hiredis": _HiredisParser, "python": _RESP2Parser}
    pool = redis.ConnectionPool.from_url(server_url, protocol=2, parser_class=parsers[request.param])
    connection = pool.make_connection()
    opened = wire_of(connection)
    assert type(opened) is {"hiredis": SocketWire, "python": LibraryWire}[request.param]
    yield opened
    connection.disconnect()


def test_replies_of_every_kind_come_back_as_they_are(wire: Wire, scope_name: str) -> None:
    from redis.exceptions import NoScriptError, ResponseError

    key = scope_name.encode()
    wire.write([b"SET %b 1\r\nINCR %b\r\nGET %b\r\nGET nothing\r\nMGET %b nothing\r\n" % ((key,) * 4)])
    assert [wire.read() for _ in range(5)] == [b"OK", 2, b"2", None, [b"2", None]]
    wire.write([b"EVALSHA %b 0\r\n" % (b"0" * 40), b"INCR\r\n"])
    with pytest.raises(NoScriptError):
        wire.read()
    with pytest.raises(ResponseError, match="number of arguments"):
        wire.read()


def test_a_reply_larger_than_one_read_comes_whole(wire: Wire, scope_name: str) -> None:
    value = bytes(5 * READ_BYTES + 7)
    wire.write([b"*3\r\n$3\r\nSET\r\n$4\r\nlong\r\n$%d\r\n" % len(value), value, b"\r\nGET long\r\n"])
    assert [wire.read(), wire.read()] == [b"OK", value]
    wire.write([b"DEL long\r\n"])
    assert wire.read() == 1


def test_the_end_of_a_connection_is_an_error_of_the_system() -> None:
    from hiredis import Reader

    ours, theirs = socket.socketpair()
    wire = SocketWire(ours, Reader())
    theirs.sendall(b"$9\r\nhalf")
    theirs.close()
    with pytest.raises(ConnectionResetError, match="closed"):
        wire.read()
    ours.close()
