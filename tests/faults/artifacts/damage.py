"""Ways in which the bytes of a bundle are damaged."""

from __future__ import annotations

import random
from collections.abc import Callable

Way = Callable[[random.Random, bytes], bytes]


def _flipped(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 8, 64))):
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def _blanked(chance: random.Random, data: bytes) -> bytes:
    begin, size = chance.randrange(len(data)), chance.choice((16, 512, 4096))
    return data[:begin] + bytes(len(data[begin : begin + size])) + data[begin + size :]


def _moved(chance: random.Random, data: bytes) -> bytes:
    begin, end = sorted(chance.sample(range(len(data)), 2))
    return data[end:] + data[begin:end] + data[:begin]


def _longer(chance: random.Random, data: bytes) -> bytes:
    return data + chance.randbytes(chance.choice((1, 100)))


def _numbers(chance: random.Random, data: bytes) -> bytes:
    """Four bytes become a large number: what a length or a node's index could be."""
    at = chance.randrange(len(data) - 4)
    return data[:at] + chance.choice((b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"9999")) + data[at + 4 :]


WAYS: tuple[Way, ...] = (_flipped, _cut, _blanked, _moved, _longer, _numbers)


def damaged(data: bytes, seed: int) -> bytes:
    """The bytes, damaged in one of the ways; never the same ones."""
    chance = random.Random(seed)
    while True:
        changed = WAYS[seed % len(WAYS)](chance, data)
        if changed != data:
            return changed
