"""The horizon bound: how far a sum may wander by luck before a trial's last row.

A sum without drift stays below c sqrt(V_N) up to row N with probability 1 - a when c = z(1 - a/2) (the
reflection principle). It spends the level on the end of the trial, where a mixture is wasteful: at
a = .05 it asks for 1.96 standard errors at the end, a mixture for about 2.9.

Source: O'Brien & Fleming (1979), Biometrics 35, 549-556, looked at continuously.
"""

from __future__ import annotations

from statistics import NormalDist


def horizon_bound(level: float) -> float:
    """c, in standard errors of the whole trial, for a level (probability).

    >>> round(horizon_bound(0.05), 4)
    1.96
    """
    return -NormalDist().inv_cdf(level / 2.0)  # the lower tail keeps the digits of a small level
