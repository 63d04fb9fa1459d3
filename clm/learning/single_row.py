"""One row through LightGBM: everything that a call can have beforehand is bound once.

The Python package lays out every call anew, at three times the cost of the forecast itself. The library's C
interface has a call for rows of one width into a place of one size; the numbers are the same bit for bit.
"""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.learning.libraries import load
from clm.learning.trees import EXTRA

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOAT32, NORMAL = 0, 0
"""The library's numbers for the type of a row and for a plain forecast."""


class SingleRow:
    """Forecasts rows of a booster, one after the other; not for two threads at once.

    Raises:
        MissingLibrary: lightgbm is not installed.
    """

    def __init__(self, booster: Any) -> None:
        basic = load("lightgbm.basic", EXTRA)
        self._booster = booster  # the C side points into it
        self._row = np.zeros(booster.num_feature(), np.float32)
        self._value, self._length = ctypes.c_double(), ctypes.c_int64()
        self._call, self._check = basic._LIB.LGBM_BoosterPredictForMatSingleRowFast, basic._safe_call
        handle = ctypes.c_void_p()
        self._check(
            basic._LIB.LGBM_BoosterPredictForMatSingleRowFastInit(
                booster._handle,
                ctypes.c_int(NORMAL),
                ctypes.c_int(0),  # from the first tree
                ctypes.c_int(-1),  # to the last
                ctypes.c_int(FLOAT32),
                ctypes.c_int32(len(self._row)),
                ctypes.c_char_p(b"num_threads=1"),
                ctypes.byref(handle),
            )
        )
        weakref.finalize(self, basic._LIB.LGBM_FastConfigFree, handle)
        self._bound = (
            handle,
            self._row.ctypes.data_as(ctypes.c_void_p),
            ctypes.byref(self._length),
            ctypes.byref(self._value),
        )

    def __call__(self, row: NDArray[np.float32]) -> float:
        """The forecast of a row (columns,), target units."""
        self._row[:] = row
        self._check(self._call(*self._bound))
        return self._value.value
