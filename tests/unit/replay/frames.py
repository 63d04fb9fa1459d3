"""A training frame to compute by hand: one row per symbol and close, features x and y."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

NAN = math.nan


@dataclass
class Columns:
    """An engineer whose frames are made already."""

    names: tuple[str, ...] = ("x", "y")
    schema: str = "two"
    horizon: int = 1

    def transform(self, df: pd.DataFrame) -> pd.DataFrame:
        return df

    def get_feature_names(self) -> list[str]:
        return list(self.names)


def frame(*rows: tuple[str, int, int, float, float]) -> pd.DataFrame:
    """Rows of (symbol, at, matures_at, naive, target); x counts the rows, y is its negative."""
    made = pd.DataFrame(rows, columns=["symbol", "at", "matures_at", "naive", "target"])
    return made.assign(x=[float(i) for i in range(len(rows))], y=[-float(i) for i in range(len(rows))])
