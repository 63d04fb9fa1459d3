"""Window, compiled: exact sums over the newest pairs of a version. No branch hangs on a forecast's luck."""

from __future__ import annotations

from typing import Any

import numpy as np

from clm.machine import part


@part
def units(value: float, reference: float, scale: float) -> Any:
    """The distance of two values in units of 1 / scale, rounded half to even."""
    return np.int64(np.rint(abs(value - reference) * scale))


@part
def push(window: Any, rows: Any, met: Any, outcome: float, scale: float) -> None:
    """Take the newest pair in and, when full, the oldest out.

    Parameters:
        window: WINDOW, one row.
        rows: PAIR (size,), the pairs behind its sums, a ring; zeros where there is none yet.
        met: WAIT, the prediction.
        outcome: target units.
        scale: fixed-point units in one target unit.
    """
    oldest = rows[np.uint64(window.next)]
    error, naive = units(met.value, outcome, scale), units(met.naive, outcome, scale)
    up, down = np.int64(met.value > met.naive), np.int64(met.value < met.naive)
    rose, fell = np.int64(outcome > met.naive), np.int64(outcome < met.naive)
    told, right = (up | down) & (rose | fell), (up & rose) | (down & fell)
    window.error += error - oldest.error
    window.naive += naive - oldest.naive
    window.told += told - oldest.told
    window.right += right - oldest.right
    oldest.error, oldest.naive, oldest.told, oldest.right = error, naive, told, right
    window.pairs = min(window.pairs + 1, len(rows))
    window.count += 1
    window.loss += error
    window.plain += naive
    window.next = (window.next + 1) * (window.next + 1 < len(rows))
