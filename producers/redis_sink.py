"""The sink on a server: commands packed by hand and sent on a connection of its own, never twice by itself.

A single entry is one XADD, so that a publisher that was idle reaches the wire within microseconds; several
are one transaction. An answer that is late is waited for in slices, so that its owner can act meanwhile.

Behind a new connection may be a server that was killed and has lost what it acknowledged last. So that is
sent again first, with the same ids: what was not lost is a duplicate there, and ignored.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from socket import socket
from typing import Any

from clm.errors import ClmError, ConfigurationError, RefusedByServer, UnreachableServer
from clm.store.redis_keyspace import masked
from clm.store.refusals import translated
from producers.adapters import SCHEMES, keys_of
from producers.parcels import Parcel
from producers.recent import Recent

SLICE_S = 0.5
"""Longest wait without a look at anything else, seconds; also for a connection and for one write."""

PATIENCE_S = 5.0
"""Until a server that does not answer is given up and asked again on a new connection, seconds."""


class RedisSink:
    """Writes to a server, connected at the first send.

    The client's library, which takes a while, is loaded then: not in the hot loop, nor beside it. The
    user of the URL needs the rights to XADD, HSET, MULTI and EXEC.

    Raises:
        ConfigurationError: the url is none of Redis's, or the scope has an impossible name.
    """

    def __init__(self, url: str, scope: str) -> None:
        keys = keys_of(scope)
        if url.partition("://")[0] not in ("redis", "rediss", "unix"):
            raise ConfigurationError(f"url {masked(url)!r} is not a Redis server's: use {SCHEMES}")
        self._url, self._key, self._producers = url, keys.events, keys.producers
        self._before = [_opening("XADD", stream, "*", "d") for stream in (keys.events, keys.inputs)]
        self._connection: Any = None
        self._begun: tuple[Parcel, float] | None = None  # without its answer, and when it was sent
        self._recent = Recent()
        self._late: type[Exception] = TimeoutError  # what the connection raises when an answer is late

    def send(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:
        """Append each entry to its stream, all or none.

        Raises:
            UnreachableServer: the server does not answer, or refuses (no memory, no disk, no rights): the
                entries wait until somebody has put it right.
        """
        parcels = self._finished(parcels, waiting)
        recent, sent = self._recent, self._recent.now()
        if not parcels:
            return
        if self._connection is None and recent.parcels:
            parcels = [*recent.parcels, *parcels]
            self._write(parcels, waiting)
            recent.again(parcels)
        else:
            self._write(parcels, waiting)
            recent.acknowledged(parcels, sent)

    def begin(self, parcel: Parcel) -> bool:
        """Write an entry from any thread, if the connection stands and takes the whole of it at once."""
        wire = getattr(self._connection, "_sock", None)
        if type(wire) is not socket or wire.gettimeout() is None:
            return False  # there is none, or its writes may wait, as those of TLS
        command = self._command(parcel)
        self._begun = parcel, self._recent.now()
        try:
            written = os.write(wire.fileno(), command)
        except OSError:  # full, or gone, which the thread will find out
            written = 0
        if 0 < written < len(command):
            self.close()
        if written < len(command):
            self._begun = None
        return self._begun is not None

    def _finished(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> Sequence[Parcel]:
        """What is to be sent once that is answered which was begun."""
        begun, self._begun = self._begun, None
        if begun is None:
            return parcels
        if self._connection is None or parcels[0] is not begun[0]:
            self.close()  # whose answer this would be, nobody knows
            return parcels
        self._ask((), waiting, answers=1)
        self._recent.acknowledged(parcels[:1], begun[1])
        return parcels[1:]

    def _write(self, parcels: Sequence[Parcel], waiting: Callable[[], None]) -> None:
        commands = [self._command(each) for each in parcels]
        if len(commands) > 1:
            commands = [_opening("MULTI"), *commands, _opening("EXEC")]
        self._ask(commands, waiting)

    def _command(self, parcel: Parcel) -> bytes:
        return b"%b$%d\r\n%b\r\n" % (self._before[parcel.inputs], len(parcel.data), parcel.data)

    def report(self, p: str, counters: bytes) -> None:
        """Set the producer's field. Raises UnreachableServer."""
        if self._begun is not None:
            self.close()  # its answer would be taken for this one's
        self._ask([b"%b%b" % (_opening("HSET", self._producers, p), _bulk(counters))], lambda: None)

    def close(self) -> None:
        """End the connection; the next send makes another one."""
        self._begun = None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()

    def _ask(self, commands: Sequence[bytes], waiting: Callable[[], None], answers: int = 0) -> None:
        try:
            connection = self._connection or self._connect()
            if commands:
                connection.send_packed_command([b"".join(commands)], check_health=False)
            for _ in range(answers or len(commands)):
                _raise_refusal(_answer(connection, waiting, self._late))
        except BaseException as error:  # whatever happened, an answer of this must not be read as the next's
            from redis import exceptions

            self.close()
            if isinstance(error, exceptions.ResponseError):
                raise self._refusal(error) from error
            if isinstance(error, exceptions.RedisError | OSError):
                raise UnreachableServer(f"server {masked(self._url)} does not answer ({error})") from error
            raise

    def _refusal(self, error: Exception) -> ClmError:
        refusal = translated(error, masked(self._url))
        if isinstance(refusal, RefusedByServer):
            return UnreachableServer(f"{self._key} cannot be written: {refusal}")
        return refusal

    def _connect(self) -> Any:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        pool = redis.ConnectionPool.from_url(
            self._url,
            socket_timeout=SLICE_S,
            socket_connect_timeout=SLICE_S,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._late = redis.exceptions.TimeoutError
        self._connection = pool.make_connection()
        self._connection.connect()
        return self._connection


def _answer(connection: Any, waiting: Callable[[], None], late: type[Exception]) -> Any:
    began = time.monotonic()
    while True:
        try:
            return connection.read_response(disconnect_on_error=False)
        except late:
            if time.monotonic() - began >= PATIENCE_S:
                raise
            waiting()


def _raise_refusal(answer: Any) -> None:
    """A transaction's answer is a list, and what failed within it is an element."""
    for each in answer if isinstance(answer, list) else ():
        if isinstance(each, Exception):
            raise each


def _opening(*words: str) -> bytes:
    """A command up to its last argument if that is still to come, else the whole of a single word."""
    size = len(words) + (len(words) > 1)
    return b"*%d\r\n%b" % (size, b"".join(_bulk(word.encode()) for word in words))


def _bulk(data: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(data), data)
