"""What the boosters have in common: how a fit is kept, how many trees it grows, which parameters are ours.

The parameters are named as the specification names them; ``n_estimators`` is the number of trees, at most:
with rows to check on, a fit ends when ``early_stopping_rounds`` trees brought nothing, and keeps those up
to the best. Any other parameter goes to the library as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from clm.learning.guide import Guide
from clm.learning.parameters import whole

EXTRA = "trees"
TREES = 100
"""Trees where ``n_estimators`` is not given."""

PATIENCE = 50
"""Trees without a gain before a fit stops, where ``early_stopping_rounds`` is not given; 0 never stops."""

FRESH = 0.1
"""Part of the trees, the last ones, that a fit which goes on from a parent grows anew. The first ones carry
most of what was learned; without the last ones the size stays the same."""


class Trees(ABC):
    """Fitted trees of either library.

    Parameters:
        booster: the library's own.
        weights: what it was loaded from; empty where it was fitted here.
    """

    input_size = 1  # rows

    def __init__(self, booster: Any, weights: bytes = b"", settled: Mapping[str, Any] | None = None) -> None:
        self._booster, self._weights = booster, weights
        self.settled = dict(settled or {})  # what a later fit of the same recipe may repeat

    def weights(self) -> bytes:
        """The library's own format; of a loaded model the very bytes that it was loaded from."""
        return self._weights or self._written()

    @abstractmethod
    def _written(self) -> bytes:
        """The booster in the library's own format."""

    def facts(self) -> Mapping[str, Any]:
        """Nothing: the weights say it all."""
        return {}


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
    ours = ("n_estimators", "early_stopping_rounds")
    return {name: value for name, value in params.items() if name not in ours}
