"""Taking entries off a stream at the speed of the wire: while one read is folded, the next is on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from clm.ports import Entries
from clm.store.redis_lines import Line, Lines

BLOCK_MS = 2000
"""Longest single wait of a read: the connection's own time-out must stay above it."""

READ_BYTES = 2 << 20
"""About the largest reply that is asked for; two of them may be in memory at once."""

LARGEST_ENTRY = 65_536
"""What an entry is expected to hold before any was seen, bytes: the largest that the wire format allows."""

READERS = 4
"""Reads that may be under way at once; the oldest is given up for a fifth."""

PAUSE_S = 0.004
"""Between two calls of what a waiting read is passed with, seconds."""


DATA = b"d"
"""The one field of an entry."""


class StreamTaker:
    """Reads by cursor. A read that came back full is followed by the next before it is returned."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._ahead: dict[tuple[str, str], tuple[Line, int]] = {}  # stream, cursor -> who asked, for how many
        self._size = float(LARGEST_ENTRY)  # of an entry, bytes: of the last reads' mean
        self._pastime: Callable[[], object] = lambda: None
        self._for_s, self._until = 0.0, 0.0  # how long it goes on after a read that brought something

    def pass_the_time(self, pastime: Callable[[], object], seconds: float) -> None:
        """Do something every four milliseconds while a read waits, until so long after the last entry."""
        self._pastime, self._for_s = pastime, seconds

    def read(self, stream: str, after: str, count: int, block_ms: int | None) -> Entries:
        """Entries after an id, asked for only now; waits and raises like ``take``."""
        return entries_of(_rows(self._lines.ask(*_words(stream, after, count, block_ms))))

    def take(self, stream: str, after: str, count: int, block_ms: int | None) -> Entries:
        """Entries after an id, oldest first; waits up to ``block_ms`` (at most 2 s) for the first.

        Raises:
            UnreachableServer, RefusedByServer: as the keyspace; what was under way is given up.
        """
        line, asked = self._ahead.pop((stream, after), (None, 0))
        line = line or self._lines.lend()
        rows = _rows(line.reply()) if asked else []
        if not rows:
            asked = self._count(count)
            line.send(*_words(stream, after, asked, block_ms))
            self._wait(line, block_ms or 0)
            rows = _rows(line.reply())
        entries = entries_of(rows)
        self._follow(line, stream, entries, asked, count)
        return entries

    def _wait(self, line: Line, block_ms: int) -> None:
        """Pass the time until the reply begins or the pastime ends."""
        until = min(self._until, time.monotonic() + block_ms / 1000) if self._for_s else 0.0
        while time.monotonic() < until and not line.begins(PAUSE_S):
            self._pastime()

    def _follow(self, line: Line, stream: str, entries: Entries, asked: int, count: int) -> None:
        """Ask for what follows a full read; after any other there is nothing to ask for yet."""
        if entries.ids:
            self._until = time.monotonic() + self._for_s
            self._size = max(sum(map(len, entries.data)) / len(entries.ids), self._size / 2, 1.0)
        if len(entries.ids) < asked:
            self._lines.back(line)
            return
        last, following = entries.ids[-1].decode(), self._count(count)
        line.send(*_words(stream, last, following, None))
        self._ahead[stream, last] = line, following
        if len(self._ahead) > READERS:
            self._ahead.pop(next(iter(self._ahead)))[0].close()

    def _count(self, count: int) -> int:
        return max(min(count, int(READ_BYTES / self._size)), 1)


def entries_of(rows: Sequence[Any]) -> Entries:
    """Rows as the server sends them, ``[id, [field, value, ...]]``, by columns.

    A foreign entry without our field becomes empty bytes, and is refused later.
    """
    ids, fields = [row[0] for row in rows], [row[1] for row in rows]
    if all(map(DATA.__eq__, [each[0] for each in fields])):
        return Entries(ids, [each[1] for each in fields])
    return Entries(ids, [dict(zip(each[::2], each[1::2], strict=True)).get(DATA, b"") for each in fields])


def _words(stream: str, after: str, count: int, block_ms: int | None) -> list[Any]:
    wait = [b"BLOCK", min(block_ms, BLOCK_MS)] if block_ms else []
    return [b"XREAD", b"COUNT", count, *wait, b"STREAMS", stream, after]


def _rows(reply: Any) -> Any:
    """The rows of the one stream that was asked for; nothing came: none."""
    return reply[0][1] if reply else []
