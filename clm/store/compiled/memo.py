"""Remembers tables of keys by their bytes: a trader's batches have the same few again and again.

Which it is depends on where in its round of predictions a batch begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.machine import apart

SLOTS, BYTES, KEYS = 64, 4096, 1024
"""Tables that are remembered, and how large each may be."""

ODD_NUMBER = np.uint64(0x9E3779B97F4A7C15)


@apart
def slot_of(texts: Any, codes: Any) -> Any:
    """Where a table belongs: a weighted sum of its bytes, which takes them many at a time."""
    found = np.uint64(0)
    for i in range(len(texts)):
        found += np.uint64(texts[i]) * (np.uint64(i) * ODD_NUMBER + np.uint64(1))
    for i in range(len(codes)):
        found += np.uint64(codes[i]) * (np.uint64(i) * ODD_NUMBER + np.uint64(3))
    return np.int64((found * ODD_NUMBER) >> np.uint64(58))


@apart
def knows(memo: Any, slot: Any, count: Any, texts: Any, codes: Any, keys: Any) -> Any:
    """Whether a slot remembers a table of so many keys, byte for byte; ``keys`` holds them then.

    Parameters:
        memo: see ``clm.store.decoder``.
        texts: u1, the table's names as msgpack.
        codes: u1, the column that says which names each key has.
    """
    sizes = memo.sizes[slot]
    if sizes[0] != count or sizes[1] != len(texts) or sizes[2] != len(codes) or count < 1:
        return False
    named, coded, differ = memo.texts[slot, : len(texts)], memo.codes[slot, : len(codes)], np.uint8(0)
    for i in range(len(texts)):
        differ |= texts[i] ^ named[i]
    for i in range(len(codes)):
        differ |= codes[i] ^ coded[i]
    if differ != 0:
        return False
    found = memo.keys[slot, :count]
    for i in range(count):
        keys[i] = found[i]
    return True


@apart
def remember(memo: Any, slot: Any, count: Any, texts: Any, codes: Any, keys: Any) -> None:
    """Remember the keys that were found for a table, unless it is too large."""
    if len(texts) > BYTES or len(codes) > BYTES or count > KEYS:
        return
    memo.sizes[slot, 0], memo.sizes[slot, 1], memo.sizes[slot, 2] = count, len(texts), len(codes)
    named, coded, kept = (
        memo.texts[slot, : len(texts)],
        memo.codes[slot, : len(codes)],
        memo.keys[slot, :count],
    )
    for i in range(len(texts)):
        named[i] = texts[i]
    for i in range(len(codes)):
        coded[i] = codes[i]
    for i in range(count):
        kept[i] = keys[i]
