"""The Shiryaev-Roberts statistic: whether a mean fell, at whatever moment, by whatever share.

Of standardised blocks u_k (mean 0 and variance 1 while nothing changed), for each size d of a fall

    R_d <- (R_d + w) exp(d u_k - d^2 / 2),  R = sum of R_d,  the weights w summing to 1

R - k has mean 0 while nothing changed, so that R >= A takes A blocks on average at least: the threshold is
the mean time between false alarms and needs no tuning.

Sources: Shiryaev (1963), Theory Probab. Appl. 8, 22-46; Roberts (1966), Technometrics 8, 411-430; Pollak
(1985), Ann. Statist. 13, 206-227.
"""

from __future__ import annotations

import math

from clm.machine import part


@part
def advanced(statistic: float, weight: float, size: float, value: float) -> float:
    """R of one size (standard errors of a block) after a block of a standardised value.

    >>> advanced(0.0, 0.25, 0.0, 1.7)  # a fall of nothing counts blocks
    0.25
    >>> round(advanced(1.0, 1.0, 2.0, 1.5), 4)  # 2 exp(3 - 2)
    5.4366
    """
    return (statistic + weight) * math.exp(size * value - 0.5 * size * size)
