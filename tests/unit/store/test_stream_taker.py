"""Rows of a server by columns; a foreign entry is empty."""

from clm.ports import Entries
from clm.store.stream_taker import entries_of


def test_ids_and_data_are_two_columns() -> None:
    rows = [[b"1-0", [b"d", b"a"]], [b"1-1", [b"d", b"b"]]]
    assert entries_of(rows) == Entries([b"1-0", b"1-1"], [b"a", b"b"])


def test_no_rows_are_no_entries() -> None:
    assert entries_of([]) == Entries([], [])


def test_a_foreign_entry_without_our_field_is_empty() -> None:
    rows = [[b"1-0", [b"x", b"a"]], [b"1-1", [b"d", b"b"]], [b"1-2", [b"x", b"y", b"z", b"d"]]]
    assert entries_of(rows).data == [b"", b"b", b""]


def test_our_field_is_found_among_others() -> None:
    rows = [[b"1-0", [b"x", b"a", b"d", b"ours"]], [b"1-1", [b"d", b"b", b"x", b"c"]]]
    assert entries_of(rows).data == [b"ours", b"b"]
