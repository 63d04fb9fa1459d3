"""The keyspace on a Redis or Valkey server: one script commits, the rest are plain reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clm.ports import Entries
from clm.store.commit_script import COMMIT, packed, straight
from clm.store.keyspace import HOLE, Check, Write
from clm.store.redis_lines import Lines, prepared
from clm.store.stream_taker import BLOCK_MS, StreamTaker, entries_of

TIMEOUT_S = BLOCK_MS / 1000 + 3
"""After so long without a reply a server is taken to be gone."""

SAMPLES = 100
"""Nodes of a stream that the server looks at to estimate its size."""


class RedisKeyspace:
    """A keyspace over lines to a server.

    Parameters:
        lines: their time-out is above ``BLOCK_MS``.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines, self._taker = lines, StreamTaker(lines)

    def get(self, key: str, field: str | None = None) -> bytes | None:
        """A value, or a field of a hash."""
        words = (b"GET", key) if field is None else (b"HGET", key, field)
        value: bytes | None = self._lines.ask(*words)
        return value

    def all(self, key: str) -> dict[str, bytes]:
        """Every field of a hash."""
        return _table(self._lines.ask(b"HGETALL", key))

    def read(
        self, stream: str, after: str, count: int, block_ms: int | None = None
    ) -> list[tuple[str, bytes]]:
        """Entries after an id, oldest first; waits up to ``block_ms`` (at most 2 s) for the first."""
        return _rows(self._taker.read(stream, after, count, block_ms))

    def take(self, stream: str, after: str, count: int, block_ms: int | None = None) -> Entries:
        """The same by columns, with the next read under way; fewer where entries are large."""
        return self._taker.take(stream, after, count, block_ms)

    def pass_the_time(self, pastime: Callable[[], object], seconds: float) -> None:
        """Do something every four milliseconds while ``take`` waits, until so long after the last entry."""
        self._taker.pass_the_time(pastime, seconds)

    def newest(self, stream: str, count: int) -> list[tuple[str, bytes]]:
        """The newest entries, newest first."""
        return _rows(entries_of(self._lines.ask(b"XREVRANGE", stream, b"+", b"-", b"COUNT", count)))

    def last_id(self, stream: str) -> str:
        """The newest entry's id, "0-0" where there is none."""
        rows = self.newest(stream, 1)
        return rows[0][0] if rows else "0-0"

    def length(self, stream: str) -> int:
        """Entries in a stream."""
        return int(self._lines.ask(b"XLEN", stream))

    def added(self, stream: str) -> int:
        """Entries that were ever added to a stream, those that are gone included."""
        if not self._lines.ask(b"EXISTS", stream):
            return 0
        facts = self._lines.ask(b"XINFO", b"STREAM", stream)
        return int(facts[facts.index(b"entries-added") + 1])

    def footprint(self, stream: str) -> int:
        """Bytes of memory that a stream takes, about: the server looks at some of its nodes."""
        return int(self._lines.ask(b"MEMORY", b"USAGE", stream, b"SAMPLES", SAMPLES) or 0)

    def append(self, stream: str, value: bytes) -> str:
        """Add one entry; its id."""
        entry_id: bytes = self._lines.ask(b"XADD", stream, b"*", b"d", value)
        return entry_id.decode()

    def commit(self, checks: Sequence[Check], writes: Sequence[Write], *, durable: bool = False) -> bool:
        """Write everything if every check holds, else nothing; whether it did."""
        if durable:
            return bool(self._lines.run_durably(COMMIT, *packed(checks, writes)))
        return bool(self._lines.run(COMMIT, *packed(checks, writes)))

    def prepare(self, checks: Sequence[Check], writes: Sequence[Write]) -> Callable[..., bool]:
        """A commit that is made again and again: its script, and all of its command but the values."""
        script, keys, arguments = straight(checks, writes)
        form, send = prepared(script, keys, arguments, HOLE), self._lines.run_written

        def commit(*values: bytes) -> bool:
            sized = [part for value in values for part in (len(value), value)]
            return bool(send(script, form % tuple(sized)))

        return commit

    def post(self, checks: Sequence[Check], writes: Sequence[Write]) -> None:
        """Commit without waiting to hear whether it did."""
        self._lines.post(COMMIT, *packed(checks, writes))

    def snapshot(self, hash_key: str, streams: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
        """A hash and the newest ids of streams, all of one moment."""
        newest = [(b"XREVRANGE", stream, b"+", b"-", b"COUNT", 1) for stream in streams]
        table, *rows = self._lines.ask_at_once((b"HGETALL", hash_key), *newest)
        return _table(table), [each[0][0].decode() if each else "0-0" for each in rows]

    def ping(self) -> None:
        """Raises UnreachableServer unless the server answers."""
        self._lines.ask(b"PING")


def _rows(entries: Entries) -> list[tuple[str, bytes]]:
    return [(each.decode(), data) for each, data in zip(entries.ids, entries.data, strict=True)]


def _table(flat: Sequence[bytes]) -> dict[str, bytes]:
    """A hash from the fields and values that the server sends in turn."""
    return {field.decode(): value for field, value in zip(flat[::2], flat[1::2], strict=True)}


def connect(url: str) -> RedisKeyspace:
    """A keyspace on the server of a ``redis://`` or ``unix://`` URL; connects on first use.

    A lost reply must not make the client write twice, so it never retries by itself.
    """
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    pool = redis.ConnectionPool.from_url(
        url,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=2.0,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    return RedisKeyspace(Lines(pool.make_connection, masked(url)))


def masked(url: str) -> str:
    """A URL without its password.

    >>> masked("redis://user:secret@host:6379/0")
    'redis://user:***@host:6379/0'
    """
    scheme, separator, rest = url.partition("://")
    login, at, host = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{scheme}{separator}{user}{colon}{'***' if colon else ''}{at}{host}"
