"""The horizon bound: how far a sum may wander by luck before a trial's last row.

In standard errors of the whole trial, the bound begins at c and falls by k until the end. A sum without drift
meets it with probability

    a = Phi(k - c) + exp(2 c k) Phi(-k - c)

It spends the level on the end of the trial, where a mixture is wasteful: at a = .05 and k = 1 it asks for
1.85 standard errors at the last row, a test that looks only there for 1.64, a mixture for about 2.9.

Sources: O'Brien & Fleming (1979), Biometrics 35, 549-556, looked at continuously (k = 0); the probability
that Brownian motion meets a line: Siegmund (1985), Sequential Analysis, chapter 3.
"""

from __future__ import annotations

import math
from statistics import NormalDist

FALL = 1.0
"""k, standard errors: a little of what is spent in the middle of a trial is kept for its end."""
STEPS = 60
"""Halvings of the interval in which c is searched for."""


def horizon_bound(level: float) -> float:
    """c, in standard errors of the whole trial, for a level (probability).

    >>> round(horizon_bound(0.05), 4)
    2.8482
    """
    low, high = FALL, FALL + 40.0
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if met(middle) > level else (low, middle)
    return high


def met(start: float) -> float:
    """The probability that a sum without drift meets the bound that begins at so many standard errors.

    >>> round(met(2.8482), 4)
    0.05
    """
    normal = NormalDist()
    late = normal.cdf(-FALL - start)
    early = math.exp(2.0 * start * FALL + math.log(late)) if late > 0.0 else 0.0
    return normal.cdf(FALL - start) + early
