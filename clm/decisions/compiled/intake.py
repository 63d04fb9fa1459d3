"""Intake, compiled: which numbers of a producer were seen, as bits of its newest ``LATE`` numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.layout import LATE
from clm.machine import apart, part

ONE, WORD = np.uint64(1), 64
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@apart
def take(producer: Any, bits: Any, n: int) -> Any:
    """Whether a number is new; it is seen from now on.

    Parameters:
        producer: PRODUCER, one row.
        bits: u8 (LATE / 64,), its numbers seen.
    """
    ahead = n - producer.newest
    if ahead <= 0:
        if ahead <= -LATE or _seen(bits, n):
            return False
        _set(bits, n)
        return True
    if ahead > LATE:
        producer.lost += missing(producer, bits) + ahead - LATE
        bits[:] = np.uint64(0)
    else:
        for number in range(producer.newest + 1, n + 1):  # takes the place of one that is LATE older
            if number - LATE >= producer.first and not _seen(bits, number):
                producer.lost += 1
            _clear(bits, number)
    producer.newest = n
    _set(bits, n)
    return True


@apart
def extend(producer: Any, bits: Any, stop: int) -> None:
    """Take every number after the newest and below ``stop``, at most ``LATE`` of them."""
    number = producer.newest + 1
    while number < stop:
        place = number & (LATE - 1)
        count = min(WORD - (place & 63), stop - number)
        these = (ALL >> np.uint64(WORD - count)) << np.uint64(place & 63)
        if bits[place >> 6] & these != these:  # some of those that are LATE older were never seen
            for k in range(number, number + count):
                if k - LATE >= producer.first and not _seen(bits, k):
                    producer.lost += 1
        bits[place >> 6] |= these
        number += count
    producer.newest = stop - 1


@apart
def missing(producer: Any, bits: Any) -> Any:
    """Numbers between the first and the newest that may still come."""
    found = 0
    for number in range(max(producer.first, producer.newest - LATE + 1), producer.newest):
        if not _seen(bits, number):
            found += 1
    return found


@part
def _seen(bits: Any, n: int) -> Any:
    place = n & (LATE - 1)
    return bool((bits[place >> 6] >> np.uint64(place & 63)) & ONE)


@part
def _set(bits: Any, n: int) -> None:
    place = n & (LATE - 1)
    bits[place >> 6] |= ONE << np.uint64(place & 63)


@part
def _clear(bits: Any, n: int) -> None:
    place = n & (LATE - 1)
    bits[place >> 6] &= ~(ONE << np.uint64(place & 63))
