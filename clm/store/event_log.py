"""The events and inputs streams of a scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from json.encoder import encode_basestring_ascii

from clm.errors import MalformedEvent, NotOwner
from clm.events import Event, InputRow
from clm.ports import Entries, Entry, Fence, Refusal
from clm.store.codec import decode_row, encode, encode_row
from clm.store.decision_log import held
from clm.store.keys import Keys
from clm.store.keyspace import Add, Extend, Keyspace

QUARANTINE_CAP = 10_000
"""Refused entries that are kept."""

QUARANTINE_BATCH = 1000
"""Of them in one commit, so that the server is never held up for long."""

KEPT_BYTES = 4096
"""Of a refused entry."""

KEPT_REASONS = 10
"""Of an entry that was refused in many rows."""


class StreamEventLog:
    """The events stream."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def append(self, event: Event) -> str:
        """Add one event; its entry id."""
        return self._space.append(self._keys.events, encode(event))

    def append_owned(self, event: Event, fence: Fence | None) -> None:
        """Add one event of a role's owner. Raises NotOwner when the fence is stale."""
        if not self._space.commit(held(self._keys, fence), [Add(self._keys.events, encode(event))]):
            raise NotOwner(f"{event.kind} refused: another process owns the role now")

    def read(self, after: str, count: int = 1000, block_ms: int | None = None) -> list[Entry]:
        """The entries after an id, at most ``count``."""
        rows = self._space.read(self._keys.events, after, count, block_ms)
        return [Entry(entry_id, data) for entry_id, data in rows]

    def take(self, after: str, count: int, block_ms: int | None = None) -> Entries:
        """The same by columns, for who reads on from the last id."""
        return self._space.take(self._keys.events, after, count, block_ms)

    def last_id(self) -> str:
        """The id of the newest entry, "0-0" when there is none."""
        return self._space.last_id(self._keys.events)

    def quarantine(self, refused: Sequence[Refusal], fence: Fence | None = None) -> None:
        """Keep refused entries under their own ids, so that the server passes over those it has.

        Raises:
            NotOwner: the fence is stale.
        """
        for start in range(0, len(refused), QUARANTINE_BATCH):
            some = [(each.id, _record(each)) for each in refused[start : start + QUARANTINE_BATCH]]
            kept = Extend(self._keys.quarantine, some, QUARANTINE_CAP)
            if not self._space.commit(held(self._keys, fence), [kept]):
                raise NotOwner(f"quarantine of {len(refused)} entries refused: another process owns the role")

    def quarantined(self) -> int:
        """Entries that were ever refused."""
        return self._space.added(self._keys.quarantine)


class StreamEntries:
    """The streams of a scope as they are, undecoded."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def read(self, stream: str, after: str, count: int = 1000) -> list[Entry]:
        """The entries of ``events`` or ``inputs`` after an id, at most ``count``."""
        rows = self._space.read(self._keys.of(stream), after, count)
        return [Entry(entry_id, data) for entry_id, data in rows]


class StreamInputLog:
    """The inputs stream."""

    def __init__(self, space: Keyspace, keys: Keys) -> None:
        self._space, self._keys = space, keys

    def append(self, row: InputRow) -> str:
        """Add one row; its entry id."""
        return self._space.append(self._keys.inputs, encode_row(row))

    def read(self, after: str, count: int = 1000) -> list[tuple[str, InputRow]]:
        """The rows after an id; entries that are none are passed over."""
        return rows_after(lambda start: self._space.read(self._keys.inputs, start, count), after)


class ArchivedInputLog:
    """Input rows from wherever entries are read, such as a history that begins in the archive."""

    def __init__(self, entries: Callable[[str, int], Sequence[Entry]]) -> None:
        self._entries = entries

    def read(self, after: str, count: int = 1000) -> list[tuple[str, InputRow]]:
        """The rows after an id; entries that are none are passed over."""
        return rows_after(lambda start: [(each.id, each.data) for each in self._entries(start, count)], after)


def rows_after(read: Callable[[str], Sequence[tuple[str, bytes]]], after: str) -> list[tuple[str, InputRow]]:
    """The first page after an id that holds an input row; entries that are none are passed over."""
    while rows := read(after):
        if found := [(entry_id, row) for entry_id, data in rows if (row := _row(data)) is not None]:
            return found
        after = rows[-1][0]
    return []


def _record(refusal: Refusal) -> bytes:
    """JSON by hand, three times as fast: a flood of garbage must not hold up the watcher."""
    entry_id, data, reasons, rows = refusal
    told = [
        f"[{'null' if row is None else row},{encode_basestring_ascii(text)}]"
        for row, text in reasons[:KEPT_REASONS]
    ]
    return (
        f'{{"entry":"{entry_id}","rows":{rows},"reasons":[{",".join(told)}],'
        f'"bytes":{len(data)},"data":"{data[:KEPT_BYTES].hex()}"}}'
    ).encode()


def _row(data: bytes) -> InputRow | None:
    try:
        return decode_row(data)
    except MalformedEvent:
        return None
