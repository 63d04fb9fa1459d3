"""The keyspace in memory: for tests, replays and dry runs."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from clm.events import position
from clm.ports import Entries
from clm.store.keyspace import Add, Check, Count, Drop, Extend, Put, Trim, Write, filled


class MemoryKeyspace:
    """Dictionaries under one lock.

    Parameters:
        now_ms: the time of an entry, milliseconds since the epoch; a replay passes its event clock.
    """

    def __init__(self, now_ms: Callable[[], int] = lambda: int(time.time() * 1000)) -> None:
        self._values: dict[str, tuple[bytes, float | None]] = {}  # with the end of its lease
        self._hashes: dict[str, dict[str, bytes]] = {}
        self._streams: dict[str, list[tuple[tuple[int, int], bytes]]] = {}
        self._newest: dict[str, tuple[int, int]] = {}
        self._added: dict[str, int] = {}
        self._changed = threading.Condition(threading.RLock())
        self._now_ms = now_ms

    def get(self, key: str, field: str | None = None) -> bytes | None:
        """A value, or a field of a hash."""
        with self._changed:
            return self._get(key, field)

    def all(self, key: str) -> dict[str, bytes]:
        """Every field of a hash."""
        with self._changed:
            return dict(self._hashes.get(key, {}))

    def read(
        self, stream: str, after: str, count: int, block_ms: int | None = None
    ) -> list[tuple[str, bytes]]:
        """Entries after an id, oldest first; waits up to ``block_ms`` for the first."""
        with self._changed:
            rows = self._after(stream, after, count)
            if not rows and block_ms:
                self._changed.wait(block_ms / 1000)
                rows = self._after(stream, after, count)
            return rows

    def take(self, stream: str, after: str, count: int, block_ms: int | None = None) -> Entries:
        """The same by columns."""
        rows = self.read(stream, after, count, block_ms)
        return Entries([entry_id.encode() for entry_id, _ in rows], [data for _, data in rows])

    def pass_the_time(self, pastime: Callable[[], object], seconds: float) -> None:
        """Nothing: there is nobody whose answer takes long."""

    def newest(self, stream: str, count: int) -> list[tuple[str, bytes]]:
        """The newest entries, newest first."""
        with self._changed:
            rows = self._streams.get(stream, [])[-count:]
            return [(_text(number), value) for number, value in reversed(rows)]

    def last_id(self, stream: str) -> str:
        """The newest entry's id, "0-0" where there is none."""
        with self._changed:
            return _text(self._newest.get(stream, (0, 0)))

    def length(self, stream: str) -> int:
        """Entries in a stream."""
        with self._changed:
            return len(self._streams.get(stream, ()))

    def added(self, stream: str) -> int:
        """Entries that were ever added to a stream, those that are gone included."""
        with self._changed:
            return self._added.get(stream, 0)

    def footprint(self, stream: str) -> int:
        """Bytes of memory that a stream takes; here those of its values."""
        with self._changed:
            return sum(len(value) for _, value in self._streams.get(stream, ()))

    def append(self, stream: str, value: bytes) -> str:
        """Add one entry; its id."""
        with self._changed:
            number = self._next(stream)
            self._add(Add(stream, value), number)
            self._changed.notify_all()
            return _text(number)

    def commit(
        self,
        checks: Sequence[Check],
        writes: Sequence[Write],
        *,
        durable: bool = False,  # noqa: ARG002 - memory has no disk to wait for
    ) -> bool:
        """Write everything if every check holds, else nothing; whether it did."""
        with self._changed:
            if any(self._get(each.key, each.field) != each.expected for each in checks):
                return False
            for write in writes:
                self._write(write)
            self._changed.notify_all()
            return True

    def prepare(self, checks: Sequence[Check], writes: Sequence[Write]) -> Callable[..., bool]:
        """A commit that is made again and again."""
        return lambda *values: self.commit(*filled(checks, writes, values))

    def post(self, checks: Sequence[Check], writes: Sequence[Write]) -> None:
        """Commit, whether it does or not."""
        self.commit(checks, writes)

    def snapshot(self, hash_key: str, streams: Sequence[str]) -> tuple[dict[str, bytes], list[str]]:
        """A hash and the newest ids of streams, all of one moment."""
        with self._changed:
            return self.all(hash_key), [self.last_id(stream) for stream in streams]

    def _get(self, key: str, field: str | None) -> bytes | None:
        if field is not None:
            return self._hashes.get(key, {}).get(field)
        value, until = self._values.get(key, (None, None))
        return None if until is not None and time.monotonic() >= until else value

    def _after(self, stream: str, after: str, count: int) -> list[tuple[str, bytes]]:
        rows = self._streams.get(stream, [])
        start = bisect_right(rows, position(after), key=lambda row: row[0])
        return [(_text(number), value) for number, value in rows[start : start + count]]

    def _write(self, write: Write) -> None:
        match write:
            case Put(field=str(field)):
                self._hashes.setdefault(write.key, {})[field] = write.value
            case Put():
                until = None if write.ttl_ms is None else time.monotonic() + write.ttl_ms / 1000
                self._values[write.key] = write.value, until
            case Drop(field=str(field)):
                self._hashes.get(write.key, {}).pop(field, None)
            case Drop():
                self._values.pop(write.key, None)
            case Add():
                self._add(write, self._next(write.stream))
            case Extend():
                self._extend(write)
            case Count():
                table = self._hashes.setdefault(write.key, {})
                table[write.field] = b"%d" % (int(table.get(write.field, 0)) + write.by)
            case Trim():
                rows = self._streams.get(write.stream, [])
                del rows[: bisect_left(rows, position(write.before), key=lambda row: row[0])]

    def _extend(self, write: Extend) -> None:
        for entry_id, value in write.entries:
            if position(entry_id) > self._newest.get(write.stream, (0, 0)):
                self._add(Add(write.stream, value, write.cap), position(entry_id))

    def _next(self, stream: str) -> tuple[int, int]:
        newest, now = self._newest.get(stream, (0, 0)), self._now_ms()
        return (now, 0) if now > newest[0] else (newest[0], newest[1] + 1)

    def _add(self, write: Add, number: tuple[int, int]) -> None:
        rows = self._streams.setdefault(write.stream, [])
        rows.append((number, write.value))
        self._newest[write.stream] = number
        self._added[write.stream] = self._added.get(write.stream, 0) + 1
        if write.cap is not None and len(rows) > write.cap:
            del rows[: len(rows) - write.cap]


def _text(number: tuple[int, int]) -> str:
    return f"{number[0]}-{number[1]}"
