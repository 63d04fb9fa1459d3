"""Cutting the streams of a scope, and the record of what was cut too early."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import msgpack

from clm.decisions.retention import Gap, Stock
from clm.errors import NotOwner
from clm.ports import Fence
from clm.records import canonical
from clm.store.decision_log import held
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace, Put, Trim, Write
from clm.store.wire import LIMITS

PAGE = 1000
"""Entries read at once to count what a cut takes."""


class StreamTrimming:
    """The streams of a scope, to be cut from their old end."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def stock(self, stream: str) -> Stock:
        """What a stream holds."""
        key = self._keys.of(stream)
        first = self._space.read(key, "0-0", 1)
        return Stock(
            bytes=self._space.footprint(key),
            entries=self._space.length(key),
            oldest=first[0][0] if first else "0-0",
            newest=self._space.last_id(key),
        )

    def oldest(self, stream: str, count: int) -> Iterator[tuple[str, int]]:
        """Id and number of events of the oldest entries, at most ``count`` of them."""
        after = "0-0"
        while count > 0 and (rows := self._space.read(self._keys.of(stream), after, min(count, PAGE))):
            yield from ((entry_id, events_in(data)) for entry_id, data in rows)
            after, count = rows[-1][0], count - len(rows)

    def cut(self, stream: str, before: str, fence: Fence | None, gaps: Sequence[Gap] = ()) -> None:
        """Remove what is older than an entry and put the gaps on record, in one write.

        Raises:
            NotOwner: the fence is stale.
        """
        writes: list[Write] = [Trim(self._keys.of(stream), before)]
        writes += [Put(self._keys.gaps, canonical(asdict(gap)), f"{gap.stream}:{gap.role}") for gap in gaps]
        if not self._space.commit(held(self._keys, fence), writes):
            raise NotOwner(f"cut of {stream} before {before} refused: its owner is another process now")

    def gaps(self) -> list[Gap]:
        """What was cut before somebody was done with it, by stream and role."""
        table = self._space.all(self._keys.gaps)
        return [Gap(**json.loads(table[name])) for name in sorted(table)]

    def archived(self) -> dict[str, str]:
        """Stream -> the newest entry of it that is in the archive."""
        return {name: at.decode() for name, at in self._space.all(self._keys.archived).items()}


def events_in(data: bytes) -> int:
    """How many events an entry says it holds; one that cannot be read counts as one."""
    try:
        wire = msgpack.unpackb(data, **LIMITS)
    except (ValueError, msgpack.UnpackException, RecursionError):
        return 1
    rows = wire.get("rows") if isinstance(wire, dict) and wire.get("k") == "batch" else 1
    return rows if isinstance(rows, int) and 0 < rows <= LIMITS["max_array_len"] else 1
