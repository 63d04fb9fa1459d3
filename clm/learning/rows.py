"""The rows of a fit: those of a training frame whose target is known."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clm.errors import InsufficientData

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MIN_ROWS = 50
"""Rows with a known target below which a fit is refused."""


@dataclass(frozen=True)
class Rows:
    """What a fit is made of."""

    x: NDArray[np.float32]  # (n, columns)
    y: NDArray[np.float64]  # (n,) target units, all known
    frame: pd.DataFrame  # the same rows

    def where(self, mask: NDArray[np.bool_]) -> Rows:
        """Those of a mask (n,)."""
        return Rows(np.ascontiguousarray(self.x[mask]), self.y[mask], self.frame[mask])

    @property
    def digest(self) -> str:
        """sha256 (hex) of features and targets."""
        return hashlib.sha256(self.x.tobytes() + self.y.tobytes()).hexdigest()

    @property
    def span(self) -> tuple[int, int]:
        """First and last bar close, µs UTC; (0, 0) where unknown."""
        if "at" not in self.frame.columns:
            return 0, 0
        return int(self.frame["at"].min()), int(self.frame["at"].max())


def rows_of(df: pd.DataFrame, columns: Sequence[str]) -> Rows:
    """The rows of a frame with a known target. Raises InsufficientData below ``MIN_ROWS``."""
    known = np.isfinite(df["target"].to_numpy(dtype=np.float64))
    if known.sum() < MIN_ROWS:
        raise InsufficientData(
            f"{int(known.sum())} of {len(df)} rows have a known target; a fit needs {MIN_ROWS}: "
            "lengthen training_lookback_days or wait for more bars"
        )
    frame = df[known]
    x = np.ascontiguousarray(frame[list(columns)].to_numpy(dtype=np.float32))
    return Rows(x, frame["target"].to_numpy(dtype=np.float64), frame)
