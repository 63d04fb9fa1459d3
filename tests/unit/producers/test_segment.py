"""A segment gives back what was put into it, to one owner at a time, whatever its writer's end was."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.parcels import Parcel
from producers.segment import HEADER, MAGIC, Segment

PARCELS = [Parcel(b"first", 3), Parcel(b"row", inputs=True), Parcel(b"x" * 70_000, 2)]


def left(path: Path, parcels: list[Parcel] = PARCELS) -> Path:
    """A segment as its owner's death leaves it."""
    segment = Segment.create(path)
    segment.append(parcels)
    segment.close(remove=False)
    return path


def adopted(path: Path) -> tuple[Segment, int]:
    found = Segment.adopt(path)
    assert found is not None
    return found


def test_entries_come_back_in_order_with_their_counts(tmp_path: Path) -> None:
    segment, torn = adopted(left(tmp_path / "a"))
    assert (segment.entries, segment.events, torn) == (3, 6, 0)
    assert segment.oldest(10**6) == PARCELS


def test_at_least_one_entry_is_given_however_few_bytes_are_asked_for(tmp_path: Path) -> None:
    segment, _ = adopted(left(tmp_path / "a"))
    assert segment.oldest(1) == PARCELS[:1]
    assert segment.oldest(2 * HEADER.size + 8) == PARCELS[:2]


def test_what_was_taken_is_not_given_again(tmp_path: Path) -> None:
    segment = Segment.create(tmp_path / "a")
    segment.append(PARCELS[:2])
    segment.take(PARCELS[:1])
    segment.append(PARCELS[2:])
    assert segment.oldest(10**6) == PARCELS[1:]
    assert (segment.entries, segment.events) == (2, 3)


@pytest.mark.parametrize("cut", [1, 69_999, 70_000, 70_000 + HEADER.size - 1])
def test_an_unfinished_entry_is_cut_off_and_its_bytes_counted(tmp_path: Path, cut: int) -> None:
    path = left(tmp_path / "a")
    whole = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-cut])
    segment, torn = adopted(path)
    assert segment.oldest(10**6) == PARCELS[:2]
    assert torn == HEADER.size + 70_000 - cut
    assert path.stat().st_size == whole - HEADER.size - 70_000


def test_zeros_after_the_last_entry_are_cut_off(tmp_path: Path) -> None:
    path = left(tmp_path / "a", PARCELS[:1])
    path.write_bytes(path.read_bytes() + bytes(100))
    segment, torn = adopted(path)
    assert (segment.oldest(10**6), torn) == (PARCELS[:1], 100)


def test_a_changed_byte_ends_the_segment_before_its_entry(tmp_path: Path) -> None:
    path = left(tmp_path / "a", PARCELS[:2])
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert adopted(path)[0].oldest(10**6) == PARCELS[:1]


def test_nobody_adopts_the_segment_of_a_living_owner(tmp_path: Path) -> None:
    owner = Segment.create(tmp_path / "a")
    assert Segment.adopt(tmp_path / "a") is None
    owner.close(remove=False)
    assert Segment.adopt(tmp_path / "a") is not None


def test_a_file_that_is_no_segment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"my notes")
    assert Segment.adopt(tmp_path / "a") is None
    assert (tmp_path / "a").read_bytes() == b"my notes"


def test_a_removed_segment_leaves_no_file(tmp_path: Path) -> None:
    segment, _ = adopted(left(tmp_path / "a", []))
    assert segment.size == len(MAGIC)
    segment.close(remove=True)
    assert list(tmp_path.iterdir()) == []
