"""Validation inside a training: its newest rows, on which a fit is stopped and calibrated.

They belong to the training's own rows, so the hold-out that judges the model is never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clm.learning.frames import thinned, windows
from clm.learning.guide import Check
from clm.steps.splits import split_masks

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

FRACTION = 0.15
"""Newest part of the training rows that is kept apart."""

LEAST = 50
"""Rows below which either part would tell nothing: then all are learned from and none is checked on."""

MOST = 512
"""Windows of several rows that are checked, evenly spread: each costs a pass through the network."""


@dataclass(frozen=True)
class Validation:
    """Which rows are learned from, and those that are not."""

    learned: NDArray[np.bool_]  # (rows,) of the training frame
    check: Check


def validation(
    frame: pd.DataFrame, columns: Sequence[str], input_size: int, horizon: int
) -> Validation | None:
    """Keep the newest rows of a training frame apart, purged by the horizon; None where they are too few.

    Parameters:
        frame: with ``target``, all known; ``at`` and ``matures_at`` where the purge is to be by time.
        input_size: rows of a window.
        horizon: bars.
    """
    learned, scored, _ = split_masks(frame, FRACTION, horizon)
    if min(learned.sum(), scored.sum()) < LEAST:
        return None
    kept = scored if input_size == 1 else thinned(scored, MOST)
    seen, places = windows(frame, columns, input_size, kept)
    if len(places) < LEAST:
        return None
    y = frame["target"].to_numpy(dtype=np.float64)
    return Validation(learned, Check(seen, y[places], horizon))
