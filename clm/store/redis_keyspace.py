"""The keyspace on a Redis or Valkey server: one script commits, the rest are plain reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clm.errors import UnreachableServer
from clm.store.keyspace import Add, Check, Count, Drop, Put, Trim, Write
from clm.store.refusals import translated

BLOCK_MS = 2000
"""Longest single wait of a read: the client's own time-out must stay above it."""

SAMPLES = 100
"""Nodes of a stream that the server looks at to estimate its size."""

COMMIT = """
local at = 1
local function take() at = at + 1; return ARGV[at - 1] end
for _ = 1, tonumber(take()) do
  local key, field, there, expected = KEYS[tonumber(take())], take(), take(), take()
  local found
  if field == '' then found = redis.call('GET', key) else found = redis.call('HGET', key, field) end
  if there == '0' then
    if found then return 0 end
  elseif found ~= expected then
    return 0
  end
end
for _ = 1, tonumber(take()) do
  local kind, key = take(), KEYS[tonumber(take())]
  local field, value, option = take(), take(), take()
  if kind == 'put' then
    if field ~= '' then redis.call('HSET', key, field, value)
    elseif option ~= '' then redis.call('SET', key, value, 'PX', option)
    else redis.call('SET', key, value) end
  elseif kind == 'drop' then
    if field ~= '' then redis.call('HDEL', key, field) else redis.call('DEL', key) end
  elseif kind == 'count' then
    redis.call('HINCRBY', key, field, value)
  elseif kind == 'trim' then
    redis.call('XTRIM', key, 'MINID', '=', value)
  else
    local id = field == '' and '*' or field
    local call = field == '' and redis.call or redis.pcall
    local added
    if option ~= '' then added = call('XADD', key, 'MAXLEN', '~', option, id, 'd', value)
    else added = call('XADD', key, id, 'd', value) end
    local fault = type(added) == 'table' and added.err
    if fault and not string.find(tostring(fault), 'equal or smaller', 1, true) then return added end
  end
end
return 1
"""
"""Checks, then writes. A script may do several writes for what it read, and nobody comes in between."""


class RedisKeyspace:
    """A keyspace over two clients: one waits, one writes.

    Parameters:
        client: redis.Redis without decoding.
        reader: another one for blocking reads; its socket time-out is above ``BLOCK_MS``.
        name: of the server, without its password, for messages.
    """

    def __init__(self, client: Any, reader: Any, name: str) -> None:
        self._client, self._reader, self._name = client, reader, name
        self._commit = client.register_script(COMMIT)

    def get(self, key: str, field: str | None = None) -> bytes | None:
        """A value, or a field of a hash."""
        call = self._client.get if field is None else self._client.hget
        value: bytes | None = self._ask(call, *((key,) if field is None else (key, field)))
        return value

    def all(self, key: str) -> dict[str, bytes]:
        """Every field of a hash."""
        return {field.decode(): value for field, value in self._ask(self._client.hgetall, key).items()}

    def read(
        self, stream: str, after: str, count: int, block_ms: int | None = None
    ) -> list[tuple[str, bytes]]:
        """Entries after an id, oldest first; waits up to ``block_ms`` (at most 2 s) for the first."""
        client, block = (self._client, None) if not block_ms else (self._reader, min(block_ms, BLOCK_MS))
        found = self._ask(client.xread, {stream: after}, count=count, block=block)
        if not found:
            return []
        return _rows(found[0][1])

    def newest(self, stream: str, count: int) -> list[tuple[str, bytes]]:
        """The newest entries, newest first."""
        return _rows(self._ask(self._client.xrevrange, stream, count=count))

    def last_id(self, stream: str) -> str:
        """The newest entry's id, "0-0" where there is none."""
        rows = self.newest(stream, 1)
        return rows[0][0] if rows else "0-0"

    def length(self, stream: str) -> int:
        """Entries in a stream."""
        return int(self._ask(self._client.xlen, stream))

    def added(self, stream: str) -> int:
        """Entries that were ever added to a stream, those that are gone included."""
        if not self._ask(self._client.exists, stream):
            return 0
        return int(self._ask(self._client.xinfo_stream, stream)["entries-added"])

    def footprint(self, stream: str) -> int:
        """Bytes of memory that a stream takes, about: the server looks at some of its nodes."""
        return int(self._ask(self._client.memory_usage, stream, samples=SAMPLES) or 0)

    def append(self, stream: str, value: bytes) -> str:
        """Add one entry; its id."""
        entry_id: bytes = self._ask(self._client.xadd, stream, {"d": value})
        return entry_id.decode()

    def commit(self, checks: Sequence[Check], writes: Sequence[Write]) -> bool:
        """Write everything if every check holds, else nothing; whether it did."""
        keys = list(dict.fromkeys([c.key for c in checks] + [_key(w) for w in writes]))
        place = {key: index + 1 for index, key in enumerate(keys)}
        arguments: list[Any] = [len(checks)]
        for check in checks:
            there = check.expected is not None
            arguments += [place[check.key], check.field or "", int(there), check.expected or b""]
        arguments.append(len(writes))
        for write in writes:
            arguments += _arguments(write, place[_key(write)])
        return bool(self._ask(self._commit, keys=keys, args=arguments))

    def snapshot(self, hash_key: str, streams: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
        """A hash and the newest ids of streams, all of one moment."""
        pipe = self._client.pipeline(transaction=True)
        pipe.hgetall(hash_key)
        for stream in streams:
            pipe.xrevrange(stream, count=1)
        table, *newest = self._ask(pipe.execute)
        ids = [rows[0][0].decode() if rows else "0-0" for rows in newest]
        return {field.decode(): value for field, value in table.items()}, ids

    def ping(self) -> None:
        """Raises UnreachableServer unless the server answers."""
        self._ask(self._client.ping)

    def _ask(self, call: Any, *positional: Any, **named: Any) -> Any:
        from redis import exceptions

        gone = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.BusyLoadingError, OSError)
        try:
            return call(*positional, **named)
        except gone as error:
            raise UnreachableServer(
                f"server {self._name} does not answer ({error}): start it, or set CLM_REDIS_URL"
            ) from error
        except exceptions.ResponseError as error:
            raise translated(error, self._name) from error


def _rows(found: Any) -> list[tuple[str, bytes]]:
    """Entries as (id, bytes); a foreign entry without our field is empty bytes, and refused later."""
    return [(entry_id.decode(), (values or {}).get(b"d", b"")) for entry_id, values in found]


def _key(write: Write) -> str:
    return write.stream if isinstance(write, Add | Trim) else write.key


def _arguments(write: Write, place: int) -> list[Any]:
    match write:
        case Put():
            return ["put", place, write.field or "", write.value, write.ttl_ms or ""]
        case Drop():
            return ["drop", place, write.field or "", b"", ""]
        case Add():
            return ["add", place, write.id or "", write.value, write.cap or ""]
        case Count():
            return ["count", place, write.field, write.by, ""]
        case Trim():
            return ["trim", place, "", write.before, ""]


def connect(url: str) -> RedisKeyspace:
    """A keyspace on the server of a ``redis://`` or ``unix://`` URL; connects on first use.

    A lost reply must not make the client write twice, so it never retries by itself.
    """
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    def client(timeout_s: float) -> redis.Redis:
        made: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=timeout_s, socket_connect_timeout=2.0, retry=Retry(NoBackoff(), 0), protocol=2
        )
        return made

    return RedisKeyspace(client(5.0), client(BLOCK_MS / 1000 + 3), masked(url))


def masked(url: str) -> str:
    """A URL without its password.

    >>> masked("redis://user:secret@host:6379/0")
    'redis://user:***@host:6379/0'
    """
    scheme, separator, rest = url.partition("://")
    login, at, host = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{scheme}{separator}{user}{colon}{'***' if colon else ''}{at}{host}"
