"""Predictable scale: a size that is known before the row it is used on.

s <- s + max(r, 1/k) (x - s) after the k-th row: the plain mean at first, then one that forgets at rate r per
row. Dividing a row by the scale of the rows before it leaves a mean of zero at zero.

Source: exponentially weighted moving averages after Roberts (1959), Technometrics 1, 239-250.
"""

from __future__ import annotations

from clm.machine import part


@part
def followed(scale: float, value: float, count: float, rate: float) -> float:
    """The scale after the ``count``-th row (1, 2, ...) brought a value.

    >>> followed(0.0, 4.0, 1.0, 0.1), followed(4.0, 2.0, 2.0, 0.1), followed(3.0, 5.0, 100.0, 0.1)
    (4.0, 3.0, 3.2)
    """
    step = 1.0 / count
    return scale + (max(rate, step)) * (value - scale)
