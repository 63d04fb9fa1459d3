"""The events and inputs streams of a scope."""

from __future__ import annotations

from clm.errors import MalformedEvent
from clm.events import Event, InputRow
from clm.ports import Entry
from clm.records import canonical
from clm.store.codec import decode_row, encode, encode_row
from clm.store.keys import Keys
from clm.store.keyspace import Add, Check, Keyspace, Put

QUARANTINE_CAP = 10_000
"""Refused entries that are kept."""


class StreamEventLog:
    """The events stream."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def append(self, event: Event) -> str:
        """Add one event; its entry id."""
        return self._space.append(self._keys.events, encode(event))

    def read(self, after: str, count: int = 1000, block_ms: int | None = None) -> list[Entry]:
        """The entries after an id, at most ``count``."""
        rows = self._space.read(self._keys.events, after, count, block_ms)
        return [Entry(entry_id, data) for entry_id, data in rows]

    def last_id(self) -> str:
        """The id of the newest entry, "0-0" when there is none."""
        return self._space.last_id(self._keys.events)

    def quarantine(self, entry: Entry, reason: str) -> None:
        """Keep a refused entry with its reason, once, whichever role refuses it first."""
        row = canonical({"entry": entry.id, "reason": reason, "data": entry.data[:4096].hex()})
        seen = self._keys.quarantined
        self._space.commit(
            [Check(seen, None, entry.id)],
            [Add(self._keys.quarantine, row, QUARANTINE_CAP), Put(seen, b"1", entry.id)],
        )

    def quarantined(self) -> int:
        """Refused entries that are kept."""
        return self._space.length(self._keys.quarantine)


class StreamInputLog:
    """The inputs stream."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def append(self, row: InputRow) -> str:
        """Add one row; its entry id."""
        return self._space.append(self._keys.inputs, encode_row(row))

    def read(self, after: str, count: int = 1000) -> list[tuple[str, InputRow]]:
        """The rows after an id; entries that are none are passed over."""
        while rows := self._space.read(self._keys.inputs, after, count):
            if found := [(entry_id, row) for entry_id, data in rows if (row := _row(data)) is not None]:
                return found
            after = rows[-1][0]
        return []


def _row(data: bytes) -> InputRow | None:
    try:
        return decode_row(data)
    except MalformedEvent:
        return None
