"""Diebold-Mariano test of equal accuracy with the small-sample correction of Harvey, Leybourne, Newbold.

d_t = |a_t| - |c_t|; DM = mean(d) / sqrt(v / n), v = gamma_0 + 2 * sum_{l<h} gamma_l;
HLN multiplies DM by sqrt((n + 1 - 2h + h(h-1)/n) / n) and reads it from Student's t with n - 1 degrees.

Sources: Diebold & Mariano (1995), J. Business & Economic Statistics 13, 253-263;
Harvey, Leybourne & Newbold (1997), Int. J. Forecasting 13, 281-291.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def statistic(candidate: Any, active: Any, horizon: int) -> float:
    """The corrected statistic; positive when the candidate's absolute errors are smaller.

    Parameters:
        candidate, active: signed errors (n,) on the same rows, oldest first.
        horizon: bars; errors overlap up to ``horizon - 1`` rows.

    Returns NaN for fewer than ``2 * horizon + 2`` rows or no variance.

    >>> round(statistic([1.0, 2.0, 1.0, 2.0], [2.0, 2.0, 2.0, 2.0], 1), 6)
    1.732051
    """
    d = np.abs(np.asarray(active, dtype=float)) - np.abs(np.asarray(candidate, dtype=float))
    n = len(d)
    if n < 2 * horizon + 2 or np.ptp(d) == 0:  # the rounded mean of equal values leaves a variance
        return math.nan
    centred = d - d.mean()
    variance = float(centred @ centred) / n + 2 * sum(
        float(centred[lag:] @ centred[:-lag]) / n for lag in range(1, horizon)
    )
    if variance <= 0:
        return math.nan
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    return float(d.mean() / math.sqrt(variance / n) * math.sqrt(correction))


def p_value_better(candidate: Any, active: Any, horizon: int) -> float:
    """One-sided p-value of "the candidate is not better"; NaN where the statistic is."""
    value = statistic(candidate, active, horizon)
    if math.isnan(value):
        return math.nan
    from scipy import stats

    return float(stats.t.sf(value, len(candidate) - 1))
