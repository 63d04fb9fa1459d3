"""Population stability index: how far a feature's values lie from those that a model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 10
"""Quantile bins of the training values; unknown values are a bin of their own."""

EMPTY = 0.5
"""Values that a bin is taken to hold besides its own, so that an empty one has a logarithm."""


def psi(trained: NDArray[np.float32], seen: NDArray[np.float32]) -> float:
    """The index of values ``seen`` (m,) against ``trained`` (n,), both NaN where unknown; 0: no drift.

    The sum over bins of (seen share - trained share) * log(seen share / trained share). (Siddiqi, Credit
    Risk Scorecards, 2006.)

    >>> values = np.arange(1000.0)
    >>> round(psi(values, values), 6), round(psi(values, values + 500), 1)
    (0.0, 3.5)
    """
    edges = _edges(trained)
    expected, found = _shares(trained, edges), _shares(seen, edges)
    return float(((found - expected) * np.log(found / expected)).sum())


def psi_by_chance(trained: int, seen: int) -> float:
    """What the index is on average without drift, for so many independent rows.

    (Yurdakul and Naranjo, Statistical properties of the population stability index, 2020.) Successive bars
    resemble each other, so that for slow features chance gives more.

    >>> round(psi_by_chance(1000, 100), 3)
    0.099
    """
    return (BINS - 1) * (1 / trained + 1 / seen)


def _edges(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The distinct inner quantiles of the known values."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known):
        return np.empty(0)
    return np.unique(np.quantile(known, np.arange(1, BINS) / BINS))


def _shares(values: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of each bin, the last one that of the unknown values."""
    bins = np.where(np.isfinite(values), np.searchsorted(edges, values, side="right"), len(edges) + 1)
    counts = np.bincount(bins, minlength=len(edges) + 2) + EMPTY
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares
