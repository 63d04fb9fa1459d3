"""Events go singly while few wait and in batches while many do; no reader can tell the difference."""

from __future__ import annotations

from clm.events import Event, InputRow
from producers.drafts import Maker, Wire
from producers.parcels import Packer, Parcel
from producers.ring import Draft
from tests.unit.producers.sinks import items_of


def wires(*drafts: Draft) -> list[Wire]:
    return [Maker("float32").make(draft) for draft in drafts]


def forecasts(numbers: range) -> list[Wire]:
    return wires(*(("t", n, ("xgboost", "AAPL", 1), 7, "v1", 2.5, 2.0) for n in numbers))


def pack(maps: list[Wire]) -> list[Parcel]:
    return Packer().pack(maps)


def singly(maps: list[Wire]) -> list[Event | InputRow]:
    """What a reader finds when each goes alone."""
    return [item for each in maps for item in items_of(pack([each]))]


def counts(parcels: list[Parcel]) -> list[int]:
    return [parcel.events for parcel in parcels]


def test_seven_events_go_singly_and_eight_together() -> None:
    assert counts(pack(forecasts(range(7)))) == [1] * 7
    assert counts(pack(forecasts(range(8)))) == [8]


def test_whatever_the_entries_are_the_events_are_the_same() -> None:
    maps = [*forecasts(range(9)), *wires(("t", 9, "outcome", 8, ("t", 0), 2.25))]
    assert len(pack(maps)) == 1
    assert items_of(pack(maps)) == singly(maps)


def test_other_kinds_stand_alone_and_keep_their_place() -> None:
    others = wires(("t", 8, "regime", 7, "calm", None, None), ("t", 9, "command", 7, "retrain", (), "t", ""))
    parcels = pack([*forecasts(range(8)), *others, *forecasts(range(10, 18))])
    assert counts(parcels) == [8, 1, 1, 8]
    assert items_of(parcels)[8:10] == singly(others)


def test_input_rows_go_before_the_forecasts_and_do_not_part_them() -> None:
    rows = wires(*(("", 0, "input", at, "AAPL", "s1", b"\0\0\x80?") for at in range(8)))
    parcels = pack([item for pair in zip(rows, forecasts(range(8)), strict=True) for item in pair])
    assert [parcel.inputs for parcel in parcels] == [True] * 8 + [False]
    assert items_of(parcels) == singly([*rows, *forecasts(range(8))])


def test_an_entry_that_must_be_cut_still_counts_each_event_once() -> None:
    parcels = pack(forecasts(range(5000)))  # an entry has at most 4,096 rows
    assert len(parcels) > 1
    assert sum(counts(parcels)) == 5000
