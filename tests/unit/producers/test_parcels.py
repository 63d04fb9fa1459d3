"""Events go singly while few wait and in batches while many do; no reader can tell the difference."""

from __future__ import annotations

from clm.events import Command, InputRow, Outcome, Prediction, Regime
from producers.drafts import Item
from producers.parcels import Parcel, pack
from tests.unit.producers.sinks import items_of


def prediction(n: int) -> Prediction:
    return Prediction(
        p="t", n=n, at=7, model_type="xgboost", version="v1", symbol="AAPL", horizon=1, value=2.5, naive=2.0
    )


def forecasts(numbers: range) -> list[Item]:
    return [prediction(n) for n in numbers]


def counts(parcels: list[Parcel]) -> list[int]:
    return [parcel.events for parcel in parcels]


def test_seven_events_go_singly_and_eight_together() -> None:
    assert counts(pack(forecasts(range(7)))) == [1] * 7
    assert counts(pack(forecasts(range(8)))) == [8]


def test_whatever_the_entries_are_the_events_are_the_same() -> None:
    items = [*forecasts(range(9)), Outcome(p="t", n=9, at=8, of=("t", 0), value=2.25)]
    assert items_of(pack(items)) == items


def test_other_kinds_stand_alone_and_keep_their_place() -> None:
    regime = Regime(p="t", n=8, at=7, regime="calm")
    command = Command(p="t", n=9, at=7, action="retrain")
    parcels = pack([*forecasts(range(8)), regime, command, *forecasts(range(10, 18))])
    assert counts(parcels) == [8, 1, 1, 8]
    assert items_of(parcels)[8:10] == [regime, command]


def test_input_rows_go_before_the_forecasts_and_do_not_part_them() -> None:
    rows = [InputRow("AAPL", at, "s1", b"\0\0\x80?") for at in range(8)]
    parcels = pack([item for pair in zip(rows, forecasts(range(8)), strict=True) for item in pair])
    assert [parcel.inputs for parcel in parcels] == [True] * 8 + [False]
    assert items_of(parcels) == [*rows, *forecasts(range(8))]


def test_an_entry_that_must_be_cut_still_counts_each_event_once() -> None:
    parcels = pack(forecasts(range(5000)))  # an entry has at most 4,096 rows
    assert len(parcels) > 1
    assert sum(counts(parcels)) == 5000
