"""The matrix of a training: its features, made once for all the jobs that need the same ones.

A matrix is named by what it is made of, so a name that is known has the right content or none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from clm.events import micros
from clm.ports import FeatureEngineer
from clm.records import canonical

if TYPE_CHECKING:
    import pandas as pd


class Matrices(Protocol):
    """Feature frames by name."""

    def held(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The frame of a name. Who asks first makes it; who asks meanwhile waits for that."""


def matrix(
    bars: pd.DataFrame, as_of: datetime | None, engineer: FeatureEngineer, matrices: Matrices | None
) -> pd.DataFrame:
    """The features of bars: from the matrices, where there are any and the engineer says its recipe."""
    recipe = getattr(engineer, "recipe", None)
    if matrices is None or recipe is None:
        return engineer.transform(bars)
    return matrices.held(matrix_name(bars, as_of, recipe), lambda: engineer.transform(bars))


def matrix_name(bars: pd.DataFrame, as_of: datetime | None, recipe: object) -> str:
    """sha256 (hex) over the bars, the moment and everything else that the features depend on.

    Parameters:
        recipe: of the engineer; plain values.
    """
    content = sha256(canonical([None if as_of is None else micros(as_of), recipe, list(bars.columns)]))
    for name in bars.columns:
        content.update(f"{bars[name].dtype}".encode())
        for part in _parts(bars[name]):
            content.update(part)
    return content.hexdigest()


def _parts(column: pd.Series[Any]) -> tuple[bytes, ...]:
    """What tells one column from another: numbers and times as they are, text by its words."""
    if column.dtype.kind == "M":
        return (column.astype("int64").to_numpy().tobytes(),)
    if column.dtype.kind in "biuf":
        return (column.to_numpy().tobytes(),)
    codes, words = column.factorize()
    return canonical([str(word) for word in words]), codes.tobytes()
