"""The bare transport: a stream read by its cursor into Python bytes, and nothing done with it.

``Transport`` is what the watcher itself reads with. Beside it, to tell what that costs: redis-py's own XREAD,
and a socket under hiredis without any client.
"""

from __future__ import annotations

import socket
from typing import Any

from benchmarks.stream.course import Course, Lap
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import connected, staged

PER_READ = 1000
"""Entries of a read, as the watcher asks for."""

RECEIVE_BYTES = 1 << 20


class Reader:
    """Counts what was read."""

    read = 0

    def prepare(self, lap: Lap) -> None:  # noqa: ARG002 - nothing to put back
        """Count from zero."""
        self.read = 0

    def verify(self, lap: Lap) -> dict[str, Any]:
        """Every entry was read."""
        if self.read != lap.entries:
            raise BrokenRun(f"{type(self).__name__} read {self.read} of {lap.entries} entries")
        return {}


class Transport(Reader):
    """The events log's own reading."""

    def __init__(self, course: Course) -> None:
        self._log = staged(course.url, course.scope).events

    def run(self, lap: Lap) -> None:
        """Read."""
        cursor = lap.after
        while cursor != lap.until:
            entries = self._log.take(cursor, PER_READ)
            self.read += len(entries.ids)
            cursor = entries.ids[-1].decode()


class Client(Reader):
    """redis-py's XREAD."""

    def __init__(self, course: Course) -> None:
        self._client, self._stream = connected(course.url), course.stream

    def run(self, lap: Lap) -> None:
        """Read."""
        cursor, until = lap.after.encode(), lap.until.encode()
        while cursor != until:
            rows: Any = self._client.xread({self._stream: cursor}, count=PER_READ)
            self.read += len(rows[0][1])
            cursor = rows[0][1][-1][0]


class Parser(Reader):
    """A socket and hiredis, the next read sent before the answer is looked at."""

    def __init__(self, course: Course) -> None:
        import hiredis

        self._stream = course.stream.encode()
        self._wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._wire.connect(course.url.removeprefix("unix://"))
        self._parser = hiredis.Reader()

    def run(self, lap: Lap) -> None:
        """Read."""
        cursor, until = lap.after.encode(), lap.until.encode()
        self._ask(cursor)
        while cursor != until:
            rows = self._answer()[0][1]
            cursor = rows[-1][0]
            if cursor != until:
                self._ask(cursor)
            self.read += len(rows)

    def _ask(self, cursor: bytes) -> None:
        words = (b"XREAD", b"COUNT", b"%d" % PER_READ, b"STREAMS", self._stream, cursor)
        self._wire.sendall(b"*6\r\n" + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words))

    def _answer(self) -> Any:
        while (answer := self._parser.gets()) is False:
            self._parser.feed(self._wire.recv(RECEIVE_BYTES))
        return answer
