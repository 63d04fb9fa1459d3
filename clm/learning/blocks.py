"""Blocks of windows through a model: in numbers at which a forecast never depends on its neighbours.

How a matrix product is cut into tiles depends on its number of rows, and the last bits with it. At multiples
of ``BLOCK`` every row goes through full tiles, wherever it stands; networks are asked in those, and whether
that holds on this processor is tried once per model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clm.learning.bundle import Bundle
from clm.learning.grouped import routed

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 8
"""Windows that are asked for at least, and multiples of which are."""

TRIED = 64
"""Windows that a new model is tried on."""


def predict_block(bundle: Bundle, windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Forecasts (n,) in target units of windows (n, input_size, columns), each the same in any company."""
    n, room = len(windows), -len(windows) % BLOCK
    if bundle.input_size > 1 and room:
        windows = np.concatenate([windows, np.broadcast_to(windows[-1:], (room, *windows.shape[1:]))])
    return bundle.predict(windows)[:n]


def predict_groups(
    bundle: Bundle, windows: NDArray[np.float32], symbols: Sequence[str]
) -> NDArray[np.float64]:
    """The same of a grouped bundle: a call for each group that one of the symbols (n,) is of."""
    values = np.empty(len(windows))
    for part, own in routed(bundle, lambda: symbols):
        values[own] = predict_block(part, windows[own][:, -part.input_size :])
    return values


def steady(bundle: Bundle) -> bool:
    """Whether a forecast has the same bits in blocks of one size and another, tried on this processor."""
    if bundle.grouped:
        return all(steady(part) for part in bundle.parts.values())
    if bundle.input_size == 1:
        return True  # trees are walked row by row
    shape = (TRIED, bundle.input_size, len(bundle.columns))
    tried = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    parts = [predict_block(bundle, tried[k : k + BLOCK]) for k in range(0, TRIED, BLOCK)]
    return np.array_equal(bundle.predict(tried), np.concatenate(parts), equal_nan=True)
