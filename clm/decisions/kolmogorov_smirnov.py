"""Two-sample Kolmogorov-Smirnov test of error distributions, by scipy.

It ignores that the errors are paired, so it is reported and, in policy ``seed``, may gate if asked to.
Source: Hodges (1958), Arkiv foer Matematik 3, 469-486, as in ``scipy.stats.ks_2samp``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence


def ks_test(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """(D, p) of two samples; (NaN, NaN) when one is empty.

    >>> ks_test([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0])[0]
    1.0
    """
    if not a or not b:
        return math.nan, math.nan
    from scipy import stats

    with warnings.catch_warnings():  # where the exact p takes too many digits, scipy says so and approximates
        warnings.simplefilter("ignore", RuntimeWarning)
        result = stats.ks_2samp(a, b)
    return float(result.statistic), float(result.pvalue)
