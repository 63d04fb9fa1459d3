"""What the boosters have in common: how many trees they grow, and which parameters are ours."""

from __future__ import annotations

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
