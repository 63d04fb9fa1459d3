"""A line: what a ridge regression on the features makes of a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PENALTY = 0.001
"""Of a squared weight of a standardised feature, beside a squared error."""


@dataclass(frozen=True)
class Line:
    """A weighted sum of features, each held within what was seen of it: nothing is extrapolated.

    A feature that is unknown counts as its mean. (Hoerl and Kennard, Ridge Regression: Biased Estimation for
    Nonorthogonal Problems, 1970.)
    """

    constant: float  # where every feature is at its mean, target units
    weights: tuple[float, ...]  # of each feature, target units by one of its own
    means: tuple[float, ...]  # over the rows that were learned from
    lows: tuple[float, ...]
    highs: tuple[float, ...]

    @classmethod
    def of(cls, x: NDArray[np.float32], y: NDArray[np.float64]) -> Self:
        """The line through rows (n, columns), NaN where unknown, and targets (n,), target units.

        Its bits do not depend on how many threads the linear algebra has.
        """
        values = x.T.astype(np.float64)  # (columns, n), so that each feature lies together
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=1), 1)
        values[~known] = 0.0
        means = values.sum(axis=1) / count
        values = np.where(known, values, means[:, None])
        lows, highs = values.min(axis=1), values.max(axis=1)
        values -= means[:, None]
        size = np.sqrt(np.square(values).mean(axis=1))
        size[size <= np.finfo(np.float32).eps * np.abs(means)] = np.inf  # a constant one has no weight
        values /= size[:, None]
        products = np.einsum("in,jn->ij", values, values) / len(y) + PENALTY * np.eye(len(values))
        constant = float(y.mean())
        weights = np.linalg.solve(products, np.einsum("in,n->i", values, y - constant) / len(y)) / size
        plain = (tuple(each.tolist()) for each in (weights, means, lows, highs))
        return cls(constant, *plain)

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Self:
        """From its facts. Raises KeyError, TypeError or ValueError where they are damaged."""
        plain = (tuple(map(float, facts[name])) for name in ("weights", "means", "lows", "highs"))
        return cls(float(facts["constant"]), *plain)

    def facts(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {name: each if isinstance(each, float) else list(each) for name, each in asdict(self).items()}

    def parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each feature of rows (n, columns) adds to the constant (n, columns), target units."""
        weights, means, lows, highs = self._arrays
        values = np.where(np.isfinite(rows), rows, means)
        return (np.minimum(np.maximum(values, lows), highs) - means) * weights

    def said(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The sums (n,) of rows (n, columns), target units; each has the same bits in any company.

        >>> line = Line(1.0, (2.0, 0.0), (0.5, 0.0), (0.0, 0.0), (1.0, 9.0))
        >>> line.said(np.array([[7, 3]], np.float32)).tolist()
        [2.0]
        """
        sums: NDArray[np.float64] = self.constant + self.parts(rows).sum(axis=1)
        return sums

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.float64], ...]:
        return tuple(np.array(each) for each in (self.weights, self.means, self.lows, self.highs))
