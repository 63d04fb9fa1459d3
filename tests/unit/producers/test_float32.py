"""A row of features is copied as four little-endian bytes per number, whatever holds it."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

from producers.float32 import float32_bytes

ONE_TWO = bytes.fromhex("0000803f00000040")  # 1.0 and 2.0 in IEEE 754


@pytest.mark.parametrize(
    "x",
    [
        [1.0, 2.0],
        (1, 2),
        array("f", [1, 2]),
        array("d", [1, 2]),
        np.array([1, 2], dtype=np.float32),
        np.array([1, 2], dtype=np.float64),
        np.array([1, 2], dtype=">f4"),
        np.array([1, 9, 2, 9], dtype=np.float32)[::2],
        ONE_TWO,
        bytearray(ONE_TWO),
        memoryview(ONE_TWO),
        memoryview(array("f", [1, 2])),
    ],
    ids=lambda x: type(x).__name__,
)
def test_every_holder_of_numbers_gives_the_same_bytes(x: object) -> None:
    assert float32_bytes(x) == ONE_TWO


def test_later_changes_of_the_array_do_not_reach_the_copy() -> None:
    row = np.array([1, 2], dtype=np.float32)
    copied = float32_bytes(row)
    row[0] = 9
    assert copied == ONE_TWO


@pytest.mark.parametrize("x", [None, 5, ["a"], object()])
def test_what_holds_no_numbers_is_refused(x: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        float32_bytes(x)
