"""A column is as narrow as loses nothing, and always little endian."""

import math
import struct

import pytest

from clm.errors import MalformedEvent
from clm.store.columns import pack_floats, pack_unsigned, unpack_floats, unpack_unsigned


@pytest.mark.parametrize(
    ("largest", "width"),
    [(0, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4), (2**32 - 1, 4), (2**32, 8), (2**64 - 1, 8)],
)
def test_whole_numbers_take_the_narrowest_width(largest: int, width: int) -> None:
    packed = pack_unsigned([0, largest])
    assert packed == bytes(width) + largest.to_bytes(width, "little")
    assert list(unpack_unsigned("n", packed, 2)) == [0, largest]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0.5, "<f"),
        (-0.0, "<f"),
        (2.0**127, "<f"),
        (2.0**-149, "<f"),
        (math.inf, "<f"),
        (math.nan, "<f"),
        (0.1, "<d"),
        (1e300, "<d"),
        (2.0**-150, "<d"),
        (16_777_217.0, "<d"),
    ],
)
def test_numbers_are_float32_exactly_where_that_loses_nothing(value: float, code: str) -> None:
    assert pack_floats([value]) == struct.pack(code, value)
    [back] = unpack_floats("value", pack_floats([value]), 1)
    assert struct.pack("<d", back) == struct.pack("<d", value)


def test_one_number_that_needs_it_widens_the_column() -> None:
    assert pack_floats([0.5, 0.1]) == struct.pack("<dd", 0.5, 0.1)


@pytest.mark.parametrize("data", [b"", b"\0\0\0", bytes(6), bytes(17), [1, 2], "\0\0", None])
def test_a_column_of_no_possible_width_is_malformed(data: object) -> None:
    with pytest.raises(MalformedEvent, match="'key' of 2"):
        unpack_unsigned("key", data, 2)


def test_no_number_is_two_bytes_wide() -> None:
    with pytest.raises(MalformedEvent, match="'value' of 2"):
        unpack_floats("value", bytes(4), 2)


@pytest.mark.parametrize("values", [[-1], [2**64]])
def test_what_is_no_unsigned_number_is_not_packed(values: list[int]) -> None:
    with pytest.raises(OverflowError):
        pack_unsigned(values)
