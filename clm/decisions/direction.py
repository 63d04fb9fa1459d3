"""Direction: did a forecast and its outcome fall on the same side of the naive forecast?

On volatility, range or volume the sign of the value itself never changes, so the side is taken from the
naive forecast; for returns naive is 0 and the side is the sign.
"""

from __future__ import annotations

GUESS = 0.5
"""Directional accuracy of guessing: what a forecast without direction, the naive one, is held to."""


def side(value: float, naive: float) -> int:
    """1 above the naive forecast, -1 below it, 0 when equal.

    >>> side(2.0, 1.0), side(0.5, 1.0), side(1.0, 1.0)
    (1, -1, 0)
    """
    return (value > naive) - (value < naive)


def hit(value: float, outcome: float, naive: float) -> bool | None:
    """Whether the direction was right; None when either side is 0, which counts neither way.

    >>> hit(2.0, 3.0, 1.0), hit(2.0, 0.0, 1.0), hit(1.0, 3.0, 1.0)
    (True, False, None)
    """
    forecast, realised = side(value, naive), side(outcome, naive)
    return None if forecast == 0 or realised == 0 else forecast == realised


def ratio(part: int, whole: int) -> float:
    """A fraction, NaN of nothing."""
    return part / whole if whole else float("nan")
