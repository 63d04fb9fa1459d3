"""How rows become the series that a network sees, and its output a forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Lens:
    """One column, standardised; one step of the output, in target units again."""

    column: int  # where series_now stands in a row
    mean: float  # of the training series, target units
    std: float
    step: int  # the forecast used, counted from 1: the horizon in bars
    left_out: tuple[str, ...] = ()  # symbols that were too short to train on

    def inward(self, series: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardised values."""
        return ((series.astype(np.float64) - self.mean) / self.std).astype(np.float32)

    def outward(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Target units."""
        return values.astype(np.float64) * self.std + self.mean

    def facts(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {**asdict(self), "left_out": list(self.left_out)}

    @classmethod
    def restored(cls, facts: Mapping[str, Any]) -> Lens:
        """From its facts. Raises KeyError or TypeError when they are others."""
        return cls(**{**facts, "left_out": tuple(facts["left_out"])})


def focus(column: int, step: int, kept: Mapping[str, NDArray[np.float32]], left_out: set[str]) -> Lens:
    """The lens that standardises the kept series, all symbols alike; a constant series only moves."""
    every = np.concatenate(list(kept.values())).astype(np.float64)
    return Lens(column, float(every.mean()), float(every.std()) or 1.0, step, tuple(sorted(left_out)))


def filled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy with each NaN of the last axis replaced by the value before it; leading ones stay.

    >>> filled(np.array([[np.nan, 1.0, np.nan, 3.0]], np.float32)).tolist()
    [[nan, 1.0, 1.0, 3.0]]
    """
    known = np.where(np.isnan(values), 0, np.arange(values.shape[-1]))
    return np.take_along_axis(values, np.maximum.accumulate(known, axis=-1), axis=-1)
