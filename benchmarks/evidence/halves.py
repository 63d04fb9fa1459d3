"""Which half of every source chooses constants, and which one only scores what was chosen.

Made streams are split by seed, candles by time; two markets belong to scoring alone. ``docs/decisions.md``
says what was chosen on the tuning half and when the scoring half was looked at.
"""

from __future__ import annotations

TUNING, SCORING = "tuning", "scoring"
FIRST_SEED = {TUNING: 0, SCORING: 1_000_000}
UNSEEN = ("EURUSD", "BTCUSD")
"""Markets that no constant was chosen on."""
PURGE = 288
"""Rows left out between the halves: longer than any outcome or feature that could reach across."""
RARE = 5
"""A share of a few hundredths takes so many times more replicates."""


def seeds(half: str, replicates: int) -> range:
    """The replicates' numbers.

    >>> seeds("scoring", 200)
    range(1000000, 1000200)
    """
    return range(FIRST_SEED[half], FIRST_SEED[half] + replicates)


def rare(some: range) -> range:
    """More replicates of the same half.

    >>> rare(range(0, 200))
    range(0, 1000)
    """
    return range(some.start, some.start + RARE * len(some))


def rows(half: str, symbol: str, whole: int) -> slice:
    """The rows of a symbol's series that belong to a half.

    >>> rows("tuning", "ETHUSDT", 1000), rows("scoring", "ETHUSDT", 1000), rows("tuning", "EURUSD", 1000)
    (slice(0, 500, None), slice(788, 1000, None), slice(0, 0, None))
    """
    if symbol in UNSEEN:
        return slice(0, whole if half == SCORING else 0)
    return slice(0, whole // 2) if half == TUNING else slice(whole // 2 + PURGE, whole)
