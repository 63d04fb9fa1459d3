"""A tape: recorded bars as a trader meets them, one bar close after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clm.ports import FeatureEngineer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Row:
    """One symbol at one bar close."""

    symbol: str
    x: bytes  # float32 little endian features
    naive: float  # target units
    usable: bool  # the naive forecast is known, so a prediction can be judged


@dataclass(frozen=True, slots=True)
class Matured:
    """An outcome that became known."""

    symbol: str
    predicted_at: int  # close of the bar that the prediction was made at, µs
    value: float  # target units


@dataclass(frozen=True)
class Bar:
    """Everything that happens at one bar close."""

    at: int  # µs
    rows: tuple[Row, ...]
    matured: tuple[Matured, ...]
    regime: str  # of the scope, empty while unknown


@dataclass(frozen=True)
class Tape:
    """Bars in the order of their close."""

    bars: tuple[Bar, ...]
    schema: str
    columns: tuple[str, ...]
    symbols: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[Bar]:
        return iter(self.bars)

    def __len__(self) -> int:
        return len(self.bars)


def record(frame: pd.DataFrame, engineer: FeatureEngineer, regimes: dict[int, str]) -> Tape:
    """The tape of a training frame: features at their bar, each target at the bar it matured.

    Parameters:
        frame: as the engineer made it, with at, matures_at, naive, target.
        regimes: close of a bar (µs) -> label.
    """
    columns = engineer.get_feature_names()
    x = np.ascontiguousarray(frame[columns].to_numpy(dtype="<f4"))
    symbols = [str(symbol) for symbol in frame["symbol"]]
    at = frame["at"].to_numpy(dtype=np.int64)
    naive = frame["naive"].to_numpy(dtype=np.float64)
    rows: dict[int, list[Row]] = {}
    for i, close in enumerate(at.tolist()):
        usable = bool(np.isfinite(naive[i]))
        row = Row(symbols[i], x[i].tobytes(), float(naive[i]) if usable else 0.0, usable)
        rows.setdefault(close, []).append(row)
    matured = _matured(frame, symbols)
    bars = tuple(
        Bar(close, tuple(rows[close]), tuple(matured.get(close, ())), regimes.get(close, ""))
        for close in sorted(rows)
    )
    schema = str(getattr(engineer, "schema", "features"))
    return Tape(bars, schema, tuple(columns), tuple(sorted(set(symbols))))


def _matured(frame: pd.DataFrame, symbols: list[str]) -> dict[int, list[Matured]]:
    target = frame["target"].to_numpy(dtype=np.float64)
    when = frame["matures_at"].to_numpy(dtype=np.int64)
    closes = frame["at"].to_numpy(dtype=np.int64)
    found: dict[int, list[Matured]] = {}
    for i in np.flatnonzero(np.isfinite(target) & (when >= 0)).tolist():
        outcome = Matured(symbols[i], int(closes[i]), float(target[i]))
        found.setdefault(int(when[i]), []).append(outcome)
    return found
