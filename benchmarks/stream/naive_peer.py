"""The consumer that most write first: redis-py, a consumer group, and an XACK for each entry."""

from __future__ import annotations

import os
from typing import Any

from benchmarks.stream.course import Course, Lap
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import connected

PER_READ = 100


class NaivePeer:
    """XREADGROUP of 100, then XACK one by one; it does nothing with what it reads."""

    def __init__(self, course: Course) -> None:
        self._client, self._stream = connected(course.url), course.stream
        self._group, self._read = "", 0

    def prepare(self, lap: Lap) -> None:
        """A new group where the lap begins."""
        self._group, self._read = f"naive-{os.urandom(4).hex()}", 0
        self._client.xgroup_create(self._stream, self._group, id=lap.after)

    def run(self, lap: Lap) -> None:
        """Read and acknowledge."""
        while self._read < lap.entries:
            rows: Any = self._client.xreadgroup(self._group, "one", {self._stream: ">"}, count=PER_READ)
            for entry_id, _ in rows[0][1]:
                self._client.xack(self._stream, self._group, entry_id)
                self._read += 1
                if self._read == lap.entries:
                    return

    def verify(self, lap: Lap) -> dict[str, Any]:
        """Every entry was acknowledged."""
        if self._read != lap.entries:
            raise BrokenRun(f"the naive consumer read {self._read} of {lap.entries} entries")
        self._client.xgroup_destroy(self._stream, self._group)
        return {}
