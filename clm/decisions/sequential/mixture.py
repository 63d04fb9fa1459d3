"""The one-sided normal mixture: how many times likelier the rows are under "better" than under "not better".

For a sum S of steps with mean <= 0 and running variance V, exp(g S - g^2 V / 2) has mean <= 1 for each g > 0.
Averaged over g, half normal with scale t:

    e(S, V) = 2 (1 + t^2 V)^(-1/2) exp(u^2 / 2) Phi(u),   u = t S / (1 + t^2 V)^(1/2)

By Ville's inequality P(e >= 1/a at any time) <= a: it may be looked at after every row.

Sources: Robbins (1970), Ann. Math. Statist. 41, 1397-1409; Howard, Ramdas, McAuliffe & Sekhon (2021),
Ann. Statist. 49, 1055-1080, proposition 6.
"""

from __future__ import annotations

import math

from clm.machine import compiled

LOG_TWO = math.log(2.0)
HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)
DEEP = -6.0
"""Below it log Phi(u) is its tail's first term, -u^2/2 - log(-u sqrt(2 pi)), to three per cent of Phi."""


@compiled
def log_mixture(total: float, variance: float, scale: float) -> float:
    """Log e of a sum with its variance (same units, squared) and the mixture's scale (1 / units).

    >>> log_mixture(0.0, 0.0, 1.0)
    0.0
    >>> round(log_mixture(30.0, 100.0, 0.1), 4)  # u = 2.1213: log 2 - log(2)/2 + 2.25 + log Phi(u)
    2.5795
    """
    spread = 1.0 + scale * scale * variance
    u = scale * total / math.sqrt(spread)
    if u < DEEP:
        return LOG_TWO - 0.5 * math.log(spread) - HALF_LOG_TWO_PI - math.log(-u)
    return LOG_TWO - 0.5 * math.log(spread) + 0.5 * u * u + math.log(0.5 * math.erfc(-u / math.sqrt(2.0)))
