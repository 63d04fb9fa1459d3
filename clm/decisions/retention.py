"""Retention: how far a stream may be cut, and what a cut takes from whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil

from clm.events import position

HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an operator allows a stream."""

    keep_hours: float = 168.0  # of entries that everybody is done with, before the newest
    cap_bytes: int = 10**9  # of the server's memory, per stream
    alarm_fraction: float = 0.8  # of the cap


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A stream as it stands."""

    bytes: int  # of the server's memory, as it estimates them
    entries: int
    oldest: str  # entry id; "0-0" while it is empty
    newest: str


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What was cut off a stream before a role was done with it, all cuts together."""

    stream: str
    role: str
    entries: int = 0
    events: int = 0  # rows of batches counted
    to: str = "0-0"  # what is older than this entry is counted


def free_before(stock: Stock, needs: Mapping[str, str], limits: Limits) -> str:
    """The entry id before which nobody misses anything.

    Parameters:
        needs: role -> the newest entry that it is done with; "0-0": it has yet to begin.

    >>> stock = Stock(bytes=0, entries=9, oldest="1-0", newest="7200000-0")
    >>> free_before(stock, {"watcher": "3700000-0", "shadow": "3500000-7"}, Limits(keep_hours=1))
    '3500000-7'
    """
    young = f"{max(0, position(stock.newest)[0] - round(limits.keep_hours * HOUR_MS))}-0"
    return min((young, *needs.values()), key=position)


def excess(stock: Stock, limits: Limits) -> int:
    """How many of the oldest entries must go for the rest to fit under the cap; entries of average size.

    >>> excess(Stock(bytes=150, entries=30, oldest="1-0", newest="2-0"), Limits(cap_bytes=100))
    10
    """
    over = stock.bytes - limits.cap_bytes
    return 0 if over <= 0 else min(ceil(stock.entries * over / stock.bytes), stock.entries - 1)


def alarming(stock: Stock, limits: Limits) -> bool:
    """Whether the stream nears its cap."""
    return stock.bytes >= limits.alarm_fraction * limits.cap_bytes


def widened(gap: Gap, done: str, lost: Iterable[tuple[str, int]], before: str) -> Gap:
    """A role's gap after a cut; what it was done with, and what is counted already, is none.

    Parameters:
        done: the newest entry that the role is done with.
        lost: id and number of events of each entry that is cut.
        before: the first entry that stays.
    """
    read, counted = position(done), position(gap.to)
    missed = [events for name, events in lost if (at := position(name)) > read and at >= counted]
    if not missed:
        return gap
    return replace(gap, entries=gap.entries + len(missed), events=gap.events + sum(missed), to=before)
