"""Bars, compiled: each bar of a symbol counts once. They come in the order of time but for a few."""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.decisions.layout import FREE
from clm.machine import apart, part


@part
def full(watched: Any, key: Any, at: Any) -> Any:
    """Whether a bar (µs) is to be counted and its shelf has no room for it; the KEY has a model."""
    model, shelf = watched.models[np.uint64(key.model)], watched.shelves[np.uint64(key.shelf)]
    return shelf.count == shelf.room and model.points < model.enough and at > model.trained_at


@part
def counted(shelf: Any, bars: Any, at: Any) -> Any:
    """1 for a bar that was not counted yet, else 0; it is counted from now on. There is room for it.

    Parameters:
        shelf: SHELF, one row.
        bars: i8, µs, of all shelves.
    """
    if at > shelf.newest:
        bars[np.uint64(shelf.begin + shelf.count)] = at
        shelf.newest = at
        shelf.count += 1
        return 1
    return 0 if at == shelf.newest else _late(shelf, bars, at)


@apart
def _late(shelf: Any, bars: Any, at: Any) -> Any:
    place, stop = _after(shelf, bars, at - 1), shelf.begin + shelf.count
    if bars[place] == at:
        return 0
    for k in range(stop, place, -1):
        bars[k] = bars[k - 1]
    bars[place] = at
    shelf.count += 1
    return 1


@apart
def _after(shelf: Any, bars: Any, at: Any) -> Any:
    """Where the first bar is that comes after a moment."""
    low, high = shelf.begin, shelf.begin + shelf.count
    while low < high:
        middle = (low + high) >> 1
        if bars[middle] <= at:
            low = middle + 1
        else:
            high = middle
    return low


@part
def drop(shelf: Any, bars: Any, until: Any) -> Any:
    """Forget the bars up to a moment (µs); how many are left."""
    first = _after(shelf, bars, until)
    left = shelf.begin + shelf.count - first
    for k in range(left):
        bars[shelf.begin + k] = bars[first + k]
    shelf.count = left
    if left == 0:
        shelf.newest = FREE
    return left
