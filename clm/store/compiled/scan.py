"""Lays predictions and outcomes out as rows, straight from the bytes of their entries.

An entry that is anything else, or that the reference (``clm.store.admission``) would not admit whole, is ODD
and left to the reference. A name is known only after the reference has admitted an event with it, so a known
key is one of this scope. docs/wire-format.md has the layout.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.compiled.spans import SEED, find, folded, mixed
from clm.events import WIRE_VERSION
from clm.machine import apart, compiled, part
from clm.store.admission import MAX_AHEAD
from clm.store.batch_reader import MAX_ROWS
from clm.store.compiled import memo
from clm.store.compiled.columns import floats, unsigned
from clm.store.compiled.msgpack import ARRAY, BIN, FLOAT, INT, LARGEST, NONE, STR, value
from clm.store.compiled.msgpack import ODD as BROKEN
from clm.store.compiled.msgpack import single as number_of
from clm.store.wire import MAX_BYTES

ODD, FINE, UNKNOWN, ALONE, BROKEN_ENTRY = range(5)
"""What is said of an entry: left to the reference; laid out; it has a name that is not known yet; a single
event, laid out; no msgpack."""

KEYS = (
    b"v", b"k", b"p", b"n", b"at", b"model_type", b"version", b"symbol", b"horizon", b"value", b"naive",
    b"of", b"rows", b"dn", b"i", b"o", b"s", b"nk", b"keys", b"key", b"ofs", b"ofp", b"outcome",
)  # fmt: skip
(V, K, P, N, AT, MODEL, VERSION, SYMBOL, HORIZON, VALUE, NAIVE, OF,
 ROWS, DN, TIME, BITS, S, NK, KEYS_, KEY, OFS, OFP, OUTCOME) = range(len(KEYS))  # fmt: skip
"""The fields of singles and batches."""


@apart
def _known_field(buffer: Any, start: Any, size: Any, words: Any) -> Any:
    """Which field a key names, BROKEN if none: by its first eight bytes and its length."""
    packed = np.uint64(0)
    for i in range(min(size, 8)):
        packed |= np.uint64(buffer[start + i]) << np.uint64(8 * i)
    for index in range(len(words)):
        if words[index, 0] == packed and np.int64(words[index, 1]) == size:
            long = size == 10 and (buffer[start + 8] != 112 or buffer[start + 9] != 101)  # model_ty"pe"
            return BROKEN if long else index
    return BROKEN


@apart
def _fields(buffer: Any, at: Any, stop: Any, words: Any, fields: Any) -> Any:
    """Read an entry's map into ``fields``; whether all of it is well known, each key once."""
    for index in range(len(fields)):
        fields[index, 0] = NONE
    head = np.int64(buffer[at]) if at < stop else 0
    if head & 0xF0 == 0x80:
        count, at = head & 0x0F, at + 1
    elif head == 0xDE and at + 3 <= stop:
        count, at = (np.int64(buffer[at + 1]) << 8) | np.int64(buffer[at + 2]), at + 3
    else:
        return False
    for _ in range(count):
        size = np.int64(buffer[at]) - 0xA0 if at < stop else -1
        if size < 0 or size > 0x1F or at + 1 + size > stop:
            return False
        index = _known_field(buffer, at + 1, size, words)
        if index == BROKEN or fields[index, 0] != NONE:
            return False
        at = value(buffer, at + 1 + size, stop, fields[index])
        if at == BROKEN:
            return False
        if fields[index, 0] == ARRAY:
            at = fields[index, 3] = _past(buffer, at, stop, fields[index, 2], fields[-1])
            if at == BROKEN:
                return False
    return at == stop


@apart
def _past(buffer: Any, at: Any, stop: Any, count: Any, spare: Any) -> Any:
    """Where an array of scalars and of pairs ends."""
    left = count
    while left > 0:
        at = value(buffer, at, stop, spare)
        if at == BROKEN:
            return BROKEN
        left += spare[2] - 1 if spare[0] == ARRAY else -1
        if left > 20000:
            return BROKEN
    return at


@apart
def _producer(buffer: Any, start: Any, stop: Any, tables: Any, spans: Any) -> Any:
    spans[0, 0], spans[0, 1] = start, stop
    digest = mixed(SEED, folded(buffer, start, stop))
    return find(digest, 0, buffer, spans, 1, tables.producers, tables.producer_arena)


@part
def _is(buffer: Any, field: Any, word: Any) -> Any:
    """Whether a field is a text of at most ten given bytes."""
    size: Any = np.int64(word[2])
    if field[0] != STR or field[2] - field[1] != size:
        return False
    packed, rest = np.uint64(0), np.uint64(0)
    for i in range(min(size, 8)):
        packed |= np.uint64(buffer[field[1] + i]) << np.uint64(8 * i)
    for i in range(8, size):
        rest |= np.uint64(buffer[field[1] + i]) << np.uint64(8 * (i - 8))
    return packed == word[0] and rest == word[1]


@part
def _finite(number: Any, size: Any) -> Any:
    return number - number == 0.0 and size == size  # noqa: PLR0124 - false for NaN and infinities


@apart
def _single(buffer: Any, fields: Any, latest: Any, tables: Any, spans: Any, row: Any, prediction: Any) -> Any:
    if fields[P, 0] != STR or fields[N, 0] != INT or fields[AT, 0] != INT or fields[VALUE, 0] != FLOAT:
        return ODD
    if fields[N, 1] < 0 or fields[AT, 1] < 0 or fields[AT, 1] > latest:
        return ODD
    forecast, naive, of_n, key = number_of(fields[VALUE], buffer), 0.0, 0, 0
    if prediction:
        if fields[NAIVE, 0] != FLOAT or fields[HORIZON, 0] != INT or fields[OF, 0] != NONE:
            return ODD
        naive = number_of(fields[NAIVE], buffer)
        digest = SEED
        for place in range(3):
            field = fields[MODEL + place]
            if field[0] != STR:
                return ODD
            spans[place, 0], spans[place, 1] = field[1], field[2]
            digest = mixed(digest, folded(buffer, field[1], field[2]))
        key = find(digest, fields[HORIZON, 1], buffer, spans, 3, tables.keys, tables.key_arena)
        if key < 0:
            return UNKNOWN
    else:
        field, spare = fields[OF], fields[-1]
        if field[0] != ARRAY or field[2] != 2:
            return ODD
        after = value(buffer, field[1], len(buffer), spare)
        if spare[0] != STR:
            return ODD
        of_p = _producer(buffer, spare[1], spare[2], tables, spans)
        value(buffer, after, len(buffer), spare)
        if spare[0] != INT or spare[1] < 0:
            return ODD
        if of_p < 0:
            return UNKNOWN
        key, of_n = -1 - of_p, spare[1]
    if not _finite(forecast, naive) or not _finite(naive, 0.0):
        return ODD
    p = _producer(buffer, fields[P, 1], fields[P, 2], tables, spans)
    if p < 0:
        return UNKNOWN
    row.p, row.key, row.n, row.at = p, key, fields[N, 1], fields[AT, 1]
    row.value, row.naive, row.of_n = forecast, naive, of_n
    return FINE


@apart
def _times(buffer: Any, fields: Any, latest: Any, times: Any, spare: Any) -> Any:
    """Read the table of times; how many, 0 if one is odd."""
    field = fields[AT]
    if field[0] != ARRAY or field[2] > len(times):
        return 0
    at = field[1]
    for place in range(field[2]):
        at = value(buffer, at, len(buffer), spare)
        if spare[0] != INT or spare[1] < 0 or spare[1] > latest:
            return 0
        times[place] = spare[1]
    return field[2]


@apart
def _keys(buffer: Any, fields: Any, tables: Any, scratch: Any) -> Any:
    """Find the batch's keys; FINE, ODD or UNKNOWN. ``scratch.keys`` holds them then."""
    if fields[S, 0] != ARRAY or fields[NK, 0] != INT or fields[KEYS_, 0] != BIN:
        return ODD
    count = fields[NK, 1]
    texts, codes = buffer[fields[S, 1] : fields[S, 3]], buffer[fields[KEYS_, 1] : fields[KEYS_, 2]]
    slot = memo.slot_of(texts, codes)
    if memo.knows(scratch.memo, slot, count, texts, codes, scratch.keys):
        return FINE
    found = _looked_up(buffer, fields, tables, scratch)
    if found == FINE:
        memo.remember(scratch.memo, slot, count, texts, codes, scratch.keys)
    return found


@apart
def _looked_up(buffer: Any, fields: Any, tables: Any, scratch: Any) -> Any:
    strings, spare, column = fields[S], fields[-1], scratch.columns[0]
    count, at = fields[NK, 1], strings[1]
    if strings[2] > len(scratch.strings):
        return ODD
    if (
        count < 1
        or 4 * count > len(column)
        or unsigned(buffer, fields[KEYS_], 4 * count, scratch.room, column) < 0
    ):
        return ODD
    for place in range(strings[2]):
        at = value(buffer, at, len(buffer), spare)
        if spare[0] != STR:
            return ODD
        scratch.strings[place, 0], scratch.strings[place, 1], scratch.strings[place, 2] = (
            spare[1],
            spare[2],
            0,
        )
        scratch.hashes[place] = folded(buffer, spare[1], spare[2])
    for place in range(count):
        digest = SEED
        for member in range(3):
            which = column[member * count + place]
            if which >= strings[2]:
                return ODD
            text = scratch.strings[which]
            text[2] = 1
            scratch.spans[member, 0], scratch.spans[member, 1] = text[0], text[1]
            digest = mixed(digest, scratch.hashes[which])
        horizon = column[3 * count + place]
        key = find(digest, horizon, buffer, scratch.spans, 3, tables.keys, tables.key_arena)
        if key < 0:
            return UNKNOWN
        scratch.keys[place] = key
    for place in range(strings[2]):
        if scratch.strings[place, 2] == 0:
            return ODD  # a text that no key has may be anything
    return FINE


@apart
def _references(buffer: Any, fields: Any, tables: Any, scratch: Any) -> Any:
    """Look up the producers of the outcomes' predictions; FINE, ODD or UNKNOWN."""
    field, spare = fields[OFS], fields[-1]
    if field[0] != ARRAY or field[2] < 1 or field[2] > len(scratch.references):
        return ODD
    at = field[1]
    for place in range(field[2]):
        at = value(buffer, at, len(buffer), spare)
        if spare[0] != ARRAY or spare[2] != 2:
            return ODD
        at = value(buffer, at, len(buffer), spare)
        if spare[0] != STR:
            return ODD
        p = _producer(buffer, spare[1], spare[2], tables, scratch.spans)
        at = value(buffer, at, len(buffer), spare)
        if spare[0] != INT:
            return ODD
        if p < 0:
            return UNKNOWN
        scratch.references[place, 0], scratch.references[place, 1] = p, spare[1]
    return FINE


@apart
def _bits(buffer: Any, field: Any, size: Any, ones: Any) -> Any:
    """How many bits of a batch's bitmap are set, ODD - 1 if it is no bitmap of ``size`` rows."""
    if field[0] == NONE:
        return 0
    if field[0] != BIN or field[2] - field[1] != (size + 7) // 8:
        return -1
    if size % 8 != 0 and buffer[field[2] - 1] >> np.uint8(size % 8) != 0:
        return -1
    found = 0
    for place in range(int(field[1]), int(field[2])):
        found += ones[buffer[place]]
    return found


@part
def _places(buffer: Any, field: Any, count: Any, table: Any, room: Any, out: Any) -> Any:
    """Widen an optional column of places in a table of so many; whether all of them are in it."""
    if field[0] == NONE:
        for i in range(count):
            out[i] = 0
        return True
    largest = unsigned(buffer, field, count, room, out)
    return 0 <= largest < table


@apart
def _early(buffer: Any, fields: Any, count: Any, tables: Any, scratch: Any) -> Any:
    """The columns of predictions; FINE, ODD or UNKNOWN."""
    found = _keys(buffer, fields, tables, scratch)
    if found != FINE:
        return found
    room, numbers = scratch.room, scratch.numbers
    good = _places(buffer, fields[KEY], count, fields[NK, 1], room, scratch.columns[0])
    good = good and floats(buffer, fields[VALUE], count, room, numbers[0])
    good = good and floats(buffer, fields[NAIVE], count, room, numbers[1])
    return FINE if good else ODD


@apart
def _late(buffer: Any, fields: Any, count: Any, tables: Any, scratch: Any) -> Any:
    """The columns of outcomes; FINE, ODD or UNKNOWN."""
    found = _references(buffer, fields, tables, scratch)
    if found != FINE:
        return found
    room, columns = scratch.room, scratch.columns
    good = _places(buffer, fields[OFP], count, fields[OFS, 2], room, columns[1])
    good = good and 0 <= unsigned(buffer, fields[OF], count, room, columns[2]) < LARGEST
    good = good and floats(buffer, fields[OUTCOME], count, room, scratch.numbers[2])
    if not good:
        return ODD
    refs, of, worst = columns[1], columns[2], np.int64(0)
    for i in range(count):
        of[i] += scratch.references[refs[i], 1]
        worst |= of[i]  # below 2**63 either way: a sign or bit 62 is a number out of range
    return FINE if 0 <= worst < LARGEST else ODD


@apart
def _when(buffer: Any, fields: Any, size: Any, latest: Any, scratch: Any) -> Any:
    """Numbers and times of the rows; whether they are possible."""
    columns = scratch.columns
    times = _times(buffer, fields, latest, scratch.times, fields[-1])
    if times == 0 or not _places(buffer, fields[TIME], size, times, scratch.room, columns[3]):
        return False
    if fields[DN, 0] == NONE:
        for i in range(size):
            columns[4, i] = i
    else:
        if unsigned(buffer, fields[DN], size, scratch.room, columns[4]) < 0:
            return False
        steps, rising = columns[4], True
        for i in range(1, size):
            rising &= steps[i] > steps[i - 1]
        if not rising:
            return False
    return columns[4, size - 1] < LARGEST - fields[N, 1]


@apart
def _batch(buffer: Any, fields: Any, latest: Any, tables: Any, scratch: Any, rows: Any, at: Any) -> Any:
    """Lay a batch's rows out from ``at`` on; FINE, ODD or UNKNOWN."""
    size = fields[ROWS, 1]
    if fields[ROWS, 0] != INT or size < 1 or size > MAX_ROWS or at + size > len(rows):
        return ODD
    if fields[P, 0] != STR or fields[N, 0] != INT or fields[N, 1] < 0:
        return ODD
    late = _bits(buffer, fields[BITS], size, scratch.ones)
    if late < 0 or not _when(buffer, fields, size, latest, scratch):
        return ODD
    if late < size:
        found = _early(buffer, fields, size - late, tables, scratch)
        if found != FINE:
            return found
    if late > 0:
        found = _late(buffer, fields, late, tables, scratch)
        if found != FINE:
            return found
    p = _producer(buffer, fields[P, 1], fields[P, 2], tables, scratch.spans)
    if p < 0:
        return UNKNOWN
    base, e, m = fields[N, 1], np.uint64(0), np.uint64(0)
    which, refs, of, when, steps = (
        scratch.columns[0], scratch.columns[1], scratch.columns[2], scratch.columns[3], scratch.columns[4],
    )  # fmt: skip
    values, naives, outcomes = scratch.numbers[0], scratch.numbers[1], scratch.numbers[2]
    out, bits = rows[at : at + size], buffer[fields[BITS, 1] : fields[BITS, 2]]
    for i in range(size):
        row = out[i]
        row.p, row.n, row.at = p, base + steps[i], scratch.times[np.uint64(when[i])]
        if late > 0 and (bits[i >> 3] >> np.uint8(i & 7)) & 1:
            row.key, row.of_n = -1 - scratch.references[np.uint64(refs[m]), 0], of[m]
            row.value, row.naive = outcomes[m], 0.0
            m += np.uint64(1)
        else:
            row.key, row.of_n = scratch.keys[np.uint64(which[e])], 0
            row.value, row.naive = values[e], naives[e]
            e += np.uint64(1)
    return FINE


@compiled
def scan(entries: Any, begin: Any, tables: Any, scratch: Any, rows: Any, at: Any) -> Any:
    """Lay entries out from ``begin`` on, up to the first that has an unknown name.

    Parameters:
        entries: their bytes, stops, starts of rows and what was said of each; see ``clm.store.decoder``.
        at: rows that are laid out already.

    Returns:
        (the entry where it stopped, rows that are laid out)
    """
    buffer, fields = entries.buffer, scratch.fields
    for place in range(begin, len(entries.stops)):
        start = entries.stops[place - 1] if place > 0 else 0
        entries.starts[place], entries.said[place] = at, ODD
        if entries.stops[place] - start > MAX_BYTES or not _fields(
            buffer, start, entries.stops[place], scratch.words, fields
        ):
            continue
        if fields[V, 0] != INT or fields[V, 1] != WIRE_VERSION:
            continue
        found, count = ODD, 1
        latest = entries.written[place] + MAX_AHEAD
        if _is(buffer, fields[K], scratch.kinds[0]):
            found = _single(buffer, fields, latest, tables, scratch.spans, rows[at], True)
        elif _is(buffer, fields[K], scratch.kinds[1]):
            found = _single(buffer, fields, latest, tables, scratch.spans, rows[at], False)
        elif _is(buffer, fields[K], scratch.kinds[2]):
            found, count = _batch(buffer, fields, latest, tables, scratch, rows, at), fields[ROWS, 1]
        if found == UNKNOWN:
            return place, at
        if found == FINE:
            entries.said[place] = FINE if fields[ROWS, 0] != NONE else ALONE
            at += count
    return len(entries.stops), at
