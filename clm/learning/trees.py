"""What the boosters have in common: where they begin, how many trees they grow, which parameters are ours.

The parameters are named as the specification names them; ``n_estimators`` is the number of trees, at most:
with rows to check on, a fit ends when ``early_stopping_rounds`` trees brought nothing, and keeps those up
to the best. ``anchor`` says what the first tree begins at. Any other parameter goes to the library as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clm.learning.anchor import Anchor
from clm.learning.guide import Guide
from clm.learning.parameters import whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EXTRA = "trees"
TREES = 100
"""Trees where ``n_estimators`` is not given."""

PATIENCE = 50
"""Trees without a gain before a fit stops, where ``early_stopping_rounds`` is not given; 0 never stops."""

FRESH = 0.1
"""Part of the trees, the last ones, that a fit which goes on from a parent grows anew. The first ones carry
most of what was learned; without the last ones the size stays the same."""

OURS = ("n_estimators", "early_stopping_rounds", "anchor")
"""Parameters that the libraries are not told."""


class Trees(ABC):
    """Fitted trees of either library.

    Parameters:
        booster: the library's own.
        anchor: what its forecasts are added to; None: they stand for themselves.
        weights: what it was loaded from; empty where it was fitted here.
    """

    input_size = 1  # rows

    def __init__(
        self,
        booster: Any,
        anchor: Anchor | None = None,
        weights: bytes = b"",
        settled: Mapping[str, Any] | None = None,
    ) -> None:
        self._booster, self.anchor, self._weights = booster, anchor, weights
        self.settled = dict(settled or {})  # what a later fit of the same recipe may repeat

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Forecasts (n,) in target units of windows (n, 1, columns)."""
        rows = windows[:, -1]
        said = self._said(rows)
        return said if self.anchor is None else said + self.anchor.base(rows)

    def one(self, window: NDArray[np.float32]) -> float:
        """The forecast of one window (1, columns), target units."""
        said = self._said_of(window)
        return said if self.anchor is None else said + float(self.anchor.base(window[-1:])[0])

    def contributions(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The library's own Shapley values (n, 1, columns), target units; with the mean they sum up.

        With what the forecasts begin at.
        """
        rows = windows[:, -1]
        parts = self._parts(rows)
        return (parts if self.anchor is None else parts + self.anchor.parts(rows))[:, None]

    @abstractmethod
    def _said(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the trees say (n,) of rows (n, columns)."""

    @abstractmethod
    def _said_of(self, window: NDArray[np.float32]) -> float:
        """What they say of one window (1, columns)."""

    @abstractmethod
    def _parts(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The Shapley values (n, columns) of that."""

    def weights(self) -> bytes:
        """The library's own format; of a loaded model the very bytes that it was loaded from."""
        return self._weights or self._written()

    @abstractmethod
    def _written(self) -> bytes:
        """The booster in the library's own format."""

    def facts(self) -> Mapping[str, Any]:
        """What the trees' forecasts are added to; nothing where the weights say it all."""
        return {} if self.anchor is None else self.anchor.facts()


def kept_trees(total: int) -> int:
    """How many of a parent's trees are kept.

    >>> kept_trees(500), kept_trees(3)
    (450, 2)
    """
    return total - max(1, round(total * FRESH))


def most_trees(params: Mapping[str, Any], guide: Guide) -> tuple[int, int]:
    """The most trees that a fit makes, and how many without a gain end it (0: no number does)."""
    patience = params.get("early_stopping_rounds", PATIENCE)
    if patience != 0:
        patience = whole(params, "early_stopping_rounds", PATIENCE)
    trees = whole(params, "n_estimators", TREES)
    return int((guide.settled or {}).get("trees", trees)), patience


def native(params: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the library itself is told."""
    return {name: value for name, value in params.items() if name not in OURS}


def over(anchor: Anchor | None, rows: NDArray[np.float32], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the trees are to learn of targets (n,): how far they lie from where the forecasts begin."""
    return y if anchor is None else y - anchor.base(rows)


def settled(trees: int, anchor: Anchor | None) -> dict[str, Any]:
    """What a later fit of the same recipe may repeat: how many trees, and how much of a line."""
    return {"trees": trees} if anchor is None else {"trees": trees, "line": anchor.kept}
