"""The decoder: what a read brought, as the block that a fold is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clm.decisions.block import Block, Single, row_of
from clm.decisions.layout import ROW
from clm.decisions.names import Names, Table
from clm.events import Event, Outcome, Prediction
from clm.ports import Admitted, Entries, Entry
from clm.scope import Scope
from clm.store.admission import admit
from clm.store.batch_reader import MAX_ROWS
from clm.store.wire import MAX_BYTES, MAX_DEPTH, MAX_TABLE, NOT_MSGPACK

SMALLEST_ROW = 5
"""Bytes that a row of an entry has at least: an outcome's value and where its prediction is."""


LONE_BYTES = 512
"""A read of one entry no larger than this becomes objects: cheaper than to begin the compiled scan for it."""


NO_ROWS, AT_ONCE = np.zeros(0, ROW), np.zeros(1, np.int64)
"""The rows of such a read, and where they begin; nobody writes to them."""


class EntryArrays(NamedTuple):
    """The entries of a read."""

    buffer: NDArray[np.uint8]  # their bytes, one after the other
    stops: NDArray[np.int64]  # (entries,), where each ends
    written: NDArray[np.int64]  # (entries,), when each was, µs
    starts: NDArray[np.int64]  # (entries,), where its rows begin
    said: NDArray[np.int8]  # (entries,), what the compiled scan says of it


class NameArrays(NamedTuple):
    """The names that are known."""

    producers: NDArray[np.void]  # NAME
    producer_arena: NDArray[np.uint8]
    keys: NDArray[np.void]  # NAME
    key_arena: NDArray[np.uint8]


class Room(NamedTuple):
    """One piece of memory, as bytes and as numbers of each width."""

    bytes: NDArray[np.uint8]
    u2: NDArray[np.uint16]
    u4: NDArray[np.uint32]
    u8: NDArray[np.uint64]
    f4: NDArray[np.float32]
    f8: NDArray[np.float64]


class Memo(NamedTuple):
    """Tables of keys that were looked up, by the bytes they had."""

    sizes: NDArray[np.int64]  # (slots, 3), keys (0: none), bytes of the texts and of the column of codes
    texts: NDArray[np.uint8]  # (slots, bytes)
    codes: NDArray[np.uint8]  # (slots, bytes)
    keys: NDArray[np.int32]  # (slots, keys)


class Scratch(NamedTuple):
    """Room for the compiled scan to note things."""

    words: NDArray[np.uint64]  # (fields, 2), the names of fields
    kinds: NDArray[np.uint64]  # (3, 3), the kinds that it reads
    fields: NDArray[np.int64]  # (fields + 1, 4), the values of one entry
    spans: NDArray[np.int64]  # (3, 2), the parts of one name
    strings: NDArray[np.int64]  # (MAX_TABLE, 3), a batch's texts, and whether a key has each
    hashes: NDArray[np.uint64]  # (MAX_TABLE,)
    keys: NDArray[np.int32]  # (MAX_TABLE,), a batch's keys
    memo: Memo
    references: NDArray[np.int64]  # (MAX_TABLE, 2), the producers and bases of its outcomes' predictions
    times: NDArray[np.int64]  # (MAX_TABLE,), its times
    ones: NDArray[np.int64]  # (256,), bits that are set in a byte
    room: Room  # where a column is laid to be read as numbers
    columns: NDArray[np.int64]  # (5, 4 * MAX_TABLE), widened: key, ofp, of, i and dn
    numbers: NDArray[np.float64]  # (3, MAX_ROWS), widened: value, naive and outcome


class Decoder:
    """Admits the events of entries to a scope and lays them out for a fold.

    Parameters:
        known: model types.
    """

    def __init__(self, scope: Scope, known: frozenset[str]) -> None:
        self._scope, self._known = scope, known
        self._scratch = _scratch()
        self._levels = np.zeros(MAX_DEPTH + 2, np.int64)
        self._looked_up: Table | None = None  # where the scratch's keys were found
        self._rows = np.zeros(1024, ROW)  # of the block that was given last

    def __call__(self, entries: Entries, names: Names) -> Block:
        """The block of a read, good until the next; what is not admitted stands in its ``refused``.

        Parameters:
            names: of the fold that will be given the block.
        """
        if len(entries.ids) == 1 and len(entries.data[0]) <= LONE_BYTES:
            return self._lone(entries)
        from clm.store.compiled.scan import ALONE, BROKEN_ENTRY, FINE, ODD, scan
        from clm.store.compiled.structure import mark_broken

        laid = _laid(entries)
        self._reserve(len(laid.buffer) // SMALLEST_ROW + 1)
        block = Block(self._rows, laid.starts)
        place = rows = 0
        while place < len(laid.stops):
            place, rows = scan(laid, place, self._tables(names), self._scratch, self._rows, rows)
            if place < len(laid.stops):
                rows = self._named(block, place, self._admitted(entries, place), rows, names)
                laid.said[place] = FINE
                place += 1
        if (laid.said == ODD).any():
            mark_broken(laid, self._levels)
        for broken in np.flatnonzero(laid.said == BROKEN_ENTRY).tolist():
            block.refuse(broken, None, NOT_MSGPACK)
        for odd in np.flatnonzero(laid.said == ODD).tolist():
            for row, event in self._told(block, odd, self._admitted(entries, odd)):
                block.singles.append(Single(int(laid.starts[odd]), odd, row, event))
        block.rows, block.alone = self._rows[:rows], laid.said == ALONE
        return block

    def _lone(self, entries: Entries) -> Block:
        """The block of a trickle: the one entry of a read, without rows."""
        block = Block(NO_ROWS, AT_ONCE)
        block.singles = [
            Single(0, 0, row, event) for row, event in self._told(block, 0, self._admitted(entries, 0))
        ]
        return block

    def _named(self, block: Block, place: int, admitted: Admitted, rows: int, names: Names) -> int:
        """Lay out an entry that brings new names; rows that are laid out then."""
        block.starts[place] = rows
        events = self._told(block, place, admitted)
        for _, event in events:
            assert isinstance(event, Prediction | Outcome)  # other kinds are odd
            self._rows[rows] = row_of(event, names)
            rows += 1
        block.numbers[place] = [row for row, _ in events]
        return rows

    def _told(self, block: Block, place: int, admitted: Admitted) -> Sequence[tuple[int | None, Event]]:
        for reason in admitted.reasons:
            block.refuse(place, reason.row, reason.text)
        return admitted.rows

    def _admitted(self, entries: Entries, place: int) -> Admitted:
        return admit(Entry(entries.ids[place].decode(), entries.data[place]), self._scope, self._known)

    def _tables(self, names: Names) -> NameArrays:
        producers, keys = names.producer_table, names.key_table
        if keys is not self._looked_up:  # another fold's, or numbered anew
            self._looked_up, self._scratch.memo.sizes[:] = keys, 0
        return NameArrays(producers.slots, producers.arena, keys.slots, keys.arena)

    def _reserve(self, rows: int) -> None:
        if rows > len(self._rows):
            self._rows = np.zeros(2 * rows, ROW)


def _laid(entries: Entries) -> EntryArrays:
    count = len(entries.ids)
    stops = np.fromiter(map(len, entries.data), np.int64, count).cumsum()
    written = np.fromiter((int(each.partition(b"-")[0]) for each in entries.ids), np.int64, count) * 1000
    buffer = np.frombuffer(b"".join(entries.data) or b"\0", np.uint8)
    return EntryArrays(buffer, stops, written, np.zeros(count, np.int64), np.zeros(count, np.int8))


def _scratch() -> Scratch:
    from clm.store.compiled.scan import KEYS

    def word(text: bytes) -> list[int]:
        return [int.from_bytes(text[:8], "little"), int.from_bytes(text[8:], "little"), len(text)]

    return Scratch(
        np.array([[word(key)[0], len(key)] for key in KEYS], np.uint64),
        np.array([word(kind) for kind in (b"prediction", b"outcome", b"batch")], np.uint64),
        np.zeros((len(KEYS) + 1, 4), np.int64),
        np.zeros((3, 2), np.int64),
        np.zeros((MAX_TABLE, 3), np.int64),
        np.zeros(MAX_TABLE, np.uint64),
        np.zeros(MAX_TABLE, np.int32),
        _memo(),
        np.zeros((MAX_TABLE, 2), np.int64),
        np.zeros(MAX_TABLE, np.int64),
        np.array([each.bit_count() for each in range(256)], np.int64),
        _room(),
        np.zeros((5, 4 * MAX_TABLE), np.int64),
        np.zeros((3, MAX_ROWS), np.float64),
    )


def _memo() -> Memo:
    from clm.store.compiled.memo import BYTES, KEYS, SLOTS

    return Memo(
        np.zeros((SLOTS, 3), np.int64),
        np.zeros((SLOTS, BYTES), np.uint8),
        np.zeros((SLOTS, BYTES), np.uint8),
        np.zeros((SLOTS, KEYS), np.int32),
    )


def _room() -> Room:
    whole = np.zeros(MAX_BYTES // 8 + 1, np.uint64)
    return Room(
        bytes=whole.view(np.uint8),
        u2=whole.view(np.uint16),
        u4=whole.view(np.uint32),
        u8=whole,
        f4=whole.view(np.float32),
        f8=whole.view(np.float64),
    )
