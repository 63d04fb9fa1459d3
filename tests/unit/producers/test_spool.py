"""The spool is a bounded queue on disk that outlives its process and is shared by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from clm.errors import ConfigurationError
from producers.faults import Faults
from producers.parcels import Parcel
from producers.segment import HEADER
from producers.spool import Spool, place

LIMIT = 16 * 65_536
"""The smallest spool, bytes."""


def spool(directory: Path, limit: int = LIMIT) -> Spool:
    return Spool(directory, limit, Faults("test"))


def parcels(numbers: range, size: int = 100) -> list[Parcel]:
    return [Parcel(n.to_bytes(4) + bytes(size - 4)) for n in numbers]


def drained(queue: Spool) -> list[Parcel]:
    found = list[Parcel]()
    while some := queue.oldest():
        found += some
        queue.take(some)
    return found


def test_first_in_first_out_over_many_files(tmp_path: Path) -> None:
    queue, given = spool(tmp_path), parcels(range(15), 65_000)
    for parcel in given:
        assert queue.append([parcel]) == 1
    assert len(list(tmp_path.iterdir())) > 5
    assert drained(queue) == given
    assert list(tmp_path.iterdir()) == []


def test_a_full_spool_takes_the_first_that_fit_and_says_so(tmp_path: Path) -> None:
    faults = Faults("test")
    queue = Spool(tmp_path, LIMIT, faults)
    fitting = queue.append(parcels(range(20), 65_536 - HEADER.size))
    assert (fitting, queue.events) == (16, 16)
    assert "raise spool_bytes" in faults.messages["full"]
    drained(queue)
    assert dict(faults.messages) == {}


def test_the_next_process_sends_what_the_last_one_left(tmp_path: Path) -> None:
    first = spool(tmp_path)
    first.append(parcels(range(5)))
    first.close()
    second = spool(tmp_path)
    second.adopt()
    second.append(parcels(range(5, 7)))
    assert second.events == 7
    assert drained(second) == parcels(range(7))


def test_two_living_publishers_never_share_a_file(tmp_path: Path) -> None:
    first, second = spool(tmp_path), spool(tmp_path)
    first.append(parcels(range(3)))
    second.adopt()
    second.append(parcels(range(3, 4)))
    assert drained(second) == parcels(range(3, 4))
    assert drained(first) == parcels(range(3))


def test_an_unfinished_entry_is_told(tmp_path: Path) -> None:
    dead = spool(tmp_path)
    dead.append(parcels(range(2)))
    dead.close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    faults = Faults("test")
    queue = Spool(tmp_path, LIMIT, faults)
    queue.adopt()
    assert drained(queue) == parcels(range(1))
    assert f"cut off {HEADER.size + 99} bytes" in faults.messages["torn"]


def test_a_directory_that_cannot_be_written_is_told_and_nothing_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    faults = Faults("test")
    assert Spool(tmp_path / "file", LIMIT, faults).append(parcels(range(1))) == 0
    assert "events wait in memory" in faults.messages["spool"]


def test_a_spool_without_room_for_the_largest_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="spool_bytes is 1000"):
        spool(tmp_path, 1000)


def test_scopes_and_servers_have_places_of_their_own_and_a_password_changes_none() -> None:
    places = [place("d", url, scope) for url in ("redis://a", "redis://b") for scope in ("s", "t")]
    assert len(set(places)) == 4
    assert place("d", "redis://:old@a", "s") == place("d", "redis://:new@a", "s")
