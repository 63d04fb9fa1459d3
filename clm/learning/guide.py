"""What may guide a fit beside its rows: rows to check it on, what an earlier fit settled, a parent, naive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Check:
    """Rows that a fit does not learn from; it stops when they are forecast no better any more."""

    windows: NDArray[np.float32]  # (n, input_size, columns), as the model is asked
    y: NDArray[np.float64]  # (n,) target units, all known
    horizon: int = 1  # bars that a target spans: so many rows tell as much as one


@dataclass(frozen=True)
class Guide:
    """The help that a fit gets; none is needed."""

    check: Check | None = None  # None: all steps or trees are made
    parent: Any = None  # a fitted model of the same kind to go on from, to one of the same size
    settled: Mapping[str, Any] | None = None  # what an earlier fit of this recipe settled, e.g. its steps
    naive: int | None = None  # where the naive forecast stands in a row; None: in none


UNGUIDED = Guide()
