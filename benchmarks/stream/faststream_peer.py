"""FastStream with an empty handler and no logger: a consumer group, one entry per event."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from benchmarks.stream.course import Course, Lap
from benchmarks.stream.rival import BrokenRun
from benchmarks.stream.scene import connected
from clm.events import Event

SINGLE = "single"
"""The variant that takes one message at a time; any other is a number of records per batch."""


class FastStreamPeer:
    """A subscriber of one stream.

    Its handler takes the message untyped, so that nothing is validated: the least that FastStream can do.
    """

    def __init__(self, course: Course) -> None:
        self._course = course
        self._group, self._seen = "", 0

    def prepare(self, lap: Lap) -> None:  # noqa: ARG002 - the group begins where the lap does
        """A new group."""
        self._group, self._seen = f"faststream-{os.urandom(4).hex()}", 0

    def run(self, lap: Lap) -> None:
        """Start the broker, take the lap, stop the broker."""
        asyncio.run(self._consume(lap))

    def verify(self, lap: Lap) -> dict[str, Any]:
        """Every entry came to the handler."""
        if self._seen < lap.entries:
            raise BrokenRun(f"FastStream handled {self._seen} of {lap.entries} entries")
        connected(self._course.url).xgroup_destroy(self._course.stream, self._group)
        return {"handled": self._seen}

    async def _consume(self, lap: Lap) -> None:
        from faststream.redis import RedisBroker

        broker, done = RedisBroker(self._course.url, logger=None), asyncio.Event()
        single = self._course.variant == SINGLE

        async def handle(message: Any) -> None:
            self._seen += 1 if single else len(message)
            if self._seen >= lap.entries:
                done.set()

        broker.subscriber(stream=self._stream(lap))(handle)
        await broker.start()
        await done.wait()
        await broker.stop()

    def _stream(self, lap: Lap) -> Any:
        from faststream.redis import StreamSub

        own = {"group": self._group, "consumer": "one", "last_id": lap.after}
        if self._course.variant == SINGLE:
            return StreamSub(self._course.stream, **own)
        return StreamSub(self._course.stream, batch=True, max_records=int(self._course.variant), **own)


def entries(events: Iterable[Event]) -> list[dict[bytes, bytes]]:
    """Events as FastStream's own publisher writes them."""
    return asyncio.run(_encoded(events))


async def _encoded(events: Iterable[Event]) -> list[dict[bytes, bytes]]:
    from faststream.redis.parser import BinaryMessageFormatV1

    rows = []
    for event in events:
        message = {"kind": event.kind, **asdict(event)}
        name = f"{event.p}-{event.n}"
        data = await BinaryMessageFormatV1.encode(
            message=message, reply_to=None, headers=None, correlation_id=name
        )
        rows.append({b"__data__": data})
    return rows
