"""The split: training rows, a purge, and the newest rows held out. It carries the horizon it was made for.

A row's target needs the bars up to its maturity, so every row that matures after the hold-out begins is
purged: neither the fit nor its targets ever saw a held-out bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.errors import InsufficientData

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Split:
    """The parts of one frame."""

    train: pd.DataFrame  # matured before the hold-out begins
    holdout: pd.DataFrame  # with the rows before it as context; ``scored`` marks the held-out ones
    all: pd.DataFrame  # every matured row
    horizon: int  # bars, the purge


def split_frame(frame: pd.DataFrame, fraction: float, horizon: int) -> Split:
    """Hold out the newest ``fraction`` of the bars.

    Parameters:
        frame: with ``at`` and ``matures_at`` (µs, -1 while unknown) the purge is by time, over all
            symbols alike; without them by position, ``horizon`` rows.
        fraction: of distinct bar closes (or rows) that are held out.
        horizon: bars.

    Raises:
        InsufficientData: a part would be empty.
    """
    train, scored, matured = split_masks(frame, fraction, horizon)
    if not train.any() or not scored.any():
        raise InsufficientData(
            f"{len(frame)} rows, {int(matured.sum())} of them matured, leave {int(train.sum())} to train on "
            f"and {int(scored.sum())} to hold out: lengthen training_lookback_days or wait for more bars"
        )
    return Split(frame[train], frame.assign(scored=scored), frame[matured], horizon)


def split_masks(frame: pd.DataFrame, fraction: float, horizon: int) -> tuple[Any, Any, Any]:
    """Which rows (rows,) train, are held out, and have matured, as ``split_frame`` divides them."""
    known = {"at", "matures_at"} <= set(frame.columns)
    return _by_time(frame, fraction) if known else _by_position(frame, fraction, horizon)


def _by_time(frame: pd.DataFrame, fraction: float) -> tuple[Any, Any, Any]:
    at = frame["at"].to_numpy(dtype=np.int64)
    matures = frame["matures_at"].to_numpy(dtype=np.int64)
    matured = (matures >= 0) & _known_target(frame)
    closes = np.unique(at[matured])
    if len(closes) == 0:
        return matured, matured, matured
    begins = closes[min(len(closes) - 1, round(len(closes) * (1 - fraction)))]
    return matured & (matures < begins), matured & (at >= begins), matured


def _by_position(frame: pd.DataFrame, fraction: float, horizon: int) -> tuple[Any, Any, Any]:
    matured, row = _known_target(frame), np.arange(len(frame))
    begins = round(len(frame) * (1 - fraction))
    return matured & (row < begins - horizon), matured & (row >= begins), matured


def _known_target(frame: pd.DataFrame) -> Any:
    if "target" not in frame.columns:
        return np.ones(len(frame), dtype=bool)
    return frame["target"].notna().to_numpy(dtype=bool)
