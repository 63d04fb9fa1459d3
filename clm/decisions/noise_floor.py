"""The noise floor of a recipe: how far two equal trainings differ by chance.

Of the losses of k trainings that differ in seed and sample alone, with s the deviation of their logarithms,

    floor = t(0.95, k - 1) s sqrt(2)

bounds in 95 % of the cases by how much (fraction) one of two such trainings seems better than the other. A
candidate that is better by less may be the same model once more.

Sources: Student (1908), Biometrika 6, 1-25, for the difference of two draws from a normal whose deviation is
estimated; that seeds alone move results: Bouthillier et al. (2021), MLSys 3, 747-769.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev

from clm.errors import InsufficientData

QUANTILE = 0.95
LEAST = 2
"""Trainings behind an estimate at least."""


def noise_floor(losses: Sequence[float]) -> float:
    """The floor, fraction of the loss.

    Raises:
        InsufficientData: fewer than two losses, or one that is not positive.

    >>> round(noise_floor([1.0, 1.01, 0.99]), 4)  # s = 0.01, t(0.95, 2) = 2.92
    0.0413
    """
    if len(losses) < LEAST or not all(math.isfinite(each) and each > 0 for each in losses):
        raise InsufficientData(
            f"a noise floor needs {LEAST} positive losses of equal trainings, not {list(losses)}: "
            "set noise_replicas to 0, or look why a fit gives no number"
        )
    from scipy import stats

    spread = stdev([math.log(each) for each in losses])
    return float(stats.t.ppf(QUANTILE, len(losses) - 1)) * spread * math.sqrt(2.0)
