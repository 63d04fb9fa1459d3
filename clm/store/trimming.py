"""Cutting the streams of a scope, and the record of what was cut too early."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from clm.decisions.retention import Gap, Stock
from clm.errors import MalformedEvent, NotOwner
from clm.ports import Fence
from clm.records import canonical
from clm.store.batch_reader import BATCH, MAX_ROWS
from clm.store.decision_log import held
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace, Put, Trim, Write
from clm.store.wire import map_of

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
        writes: list[Write] = [Trim(self._keys.of(stream), before), *self._first_cut(stream)]
        writes += [Put(self._keys.gaps, canonical(asdict(gap)), f"{gap.stream}:{gap.role}") for gap in gaps]
        if not self._space.commit(held(self._keys, fence), writes):
            raise NotOwner(f"cut of {stream} before {before} refused: its owner is another process now")

    def gaps(self) -> list[Gap]:
        """What was cut before somebody was done with it, by stream and role."""
        table = self._space.all(self._keys.gaps)
        return [Gap(**json.loads(table[name])) for name in sorted(table)]

    def genesis(self, stream: str) -> str | None:
        """The oldest entry that a stream ever had, once something was cut from it; None before."""
        known = self._space.get(self._keys.genesis, stream)
        return None if known is None else known.decode()

    def archived(self) -> dict[str, str]:
        """Stream -> the newest entry of it that is in the archive."""
        return {name: at.decode() for name, at in self._space.all(self._keys.archived).items()}

    def archive_reached(self, stream: str, entry_id: str, fence: Fence | None) -> None:
        """Tell how far the archive is. Raises NotOwner when the fence is stale."""
        reached = Put(self._keys.archived, entry_id.encode(), stream)
        if not self._space.commit(held(self._keys, fence), [reached]):
            raise NotOwner(f"archive of {stream}: another process archives this scope now")

    def _first_cut(self, stream: str) -> list[Write]:
        if self.genesis(stream) is not None:
            return []
        oldest = self._space.read(self._keys.of(stream), "0-0", 1)
        return [Put(self._keys.genesis, entry_id.encode(), stream) for entry_id, _ in oldest]


def events_in(data: bytes) -> int:
    """How many events an entry says it holds; one that cannot be read counts as one."""
    try:
        wire = map_of(data)
    except MalformedEvent:
        return 1
    rows = wire.get("rows") if wire.get("k") == BATCH else 1
    return rows if isinstance(rows, int) and 0 < rows <= MAX_ROWS else 1
