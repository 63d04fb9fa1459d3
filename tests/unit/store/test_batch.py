"""Batches: what goes in as rows comes out as the same events, in as few bytes as lose nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgpack
import pytest

from clm.errors import MalformedEvent
from clm.events import Outcome
from clm.store.admission import decode_entry
from clm.store.batch import MAX_ROWS, decode_batch, encode_batches, encode_rows
from clm.store.codec import encode
from clm.store.wire import MAX_BYTES
from tests.unit.store.written import PREDICTION

OUTCOME = Outcome(p="trader-1", n=8, at=2_000_000, of=("trader-1", 7), value=-3.0)
ROW = (7, 1_000_000, "xgboost", "v1", "AAPL", 1, -3.5, -3.25)


def changed(**changes: Any) -> bytes:
    """A batch of a prediction and its outcome with some keys changed; None removes one."""
    [data] = encode_batches([PREDICTION, OUTCOME])
    wire = {**msgpack.unpackb(data), **changes}
    return bytes(msgpack.packb({name: value for name, value in wire.items() if value is not None}))


def test_rows_and_events_make_the_same_bytes() -> None:
    outcome = (8, 2_000_000, "trader-1", 7, -3.0)
    assert encode_rows("trader-1", [ROW, outcome]) == encode_batches([PREDICTION, OUTCOME])


def test_a_batch_gives_the_events_that_single_entries_give() -> None:
    events = [PREDICTION, OUTCOME, replace(PREDICTION, n=9, value=0.1, symbol="IBM")]
    [data] = encode_batches(events)
    assert decode_batch(data) == [event for each in events for event in decode_entry(encode(each))]


def test_producers_get_a_batch_each_and_the_order_stays() -> None:
    events = [PREDICTION, replace(PREDICTION, p="other", n=0), replace(PREDICTION, n=8)]
    packed = encode_batches(events)
    assert len(packed) == 3
    assert [event for data in packed for event in decode_batch(data)] == events


def test_a_number_that_does_not_rise_begins_a_new_batch() -> None:
    events = [replace(PREDICTION, n=n) for n in (3, 4, 4, 5, 2)]
    packed = encode_batches(events)
    assert [[event.n for event in decode_batch(data)] for data in packed] == [[3, 4], [4, 5], [2]]


def test_an_entry_holds_at_most_4096_rows() -> None:
    packed = encode_rows("t", [(n, *ROW[1:]) for n in range(MAX_ROWS + 1)])
    assert [len(decode_batch(data)) for data in packed] == [4096, 1]


def test_an_entry_that_would_be_too_large_is_halved() -> None:
    rows = [(n, *ROW[1:4], f"{n:0200d}", 1, 0.0, 0.0) for n in range(600)]
    packed = encode_rows("t", rows)
    assert all(len(data) <= MAX_BYTES for data in packed)
    assert [event.n for data in packed for event in decode_batch(data)] == list(range(600))


def test_no_rows_make_no_entry() -> None:
    assert encode_rows("t", []) == []


@pytest.mark.parametrize(
    "row",
    [
        (7, 1, "xgboost", "v1", "AAPL", -1, 0.0, 0.0),
        (7, 1, "xgboost", "v1", "A" * 257, 1, 0.0, 0.0),
        (7, 1, "xgboost", "v1", "AAPL", 1, "0.0", 0.0),
        (7, 1, "xgboost", "v1", "AAPL", 1.5, 0.0, 0.0),
        (7, 2**62, "xgboost", "v1", "AAPL", 1, 0.0, 0.0),
        (7, True, "xgboost", "v1", "AAPL", 1, 0.0, 0.0),
        (7, 1, "t", 2**62, 0.0),
        (7, 1, None, 1, 0.0),
        (7, 1, "t", 1),
        (7, 1, "xgboost", "v1", "AAPL", 1, 0.0),
    ],
)  # fmt: skip
def test_a_row_that_no_reader_would_take_makes_no_batch(row: Any) -> None:
    with pytest.raises(MalformedEvent, match="single"):
        encode_rows("t", [(5, 5, *ROW[2:]), (6, 5, "t", 0, 0.0), row])


def test_a_negative_number_makes_no_batch() -> None:
    with pytest.raises(MalformedEvent, match="negative"):
        encode_rows("t", [(-1, *ROW[1:])])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rows": 0}, "rows"),
        ({"rows": 4097}, "4096"),
        ({"rows": 3}, "'naive'|'o'|'i'|'value'"),
        ({"v": 2}, "version"),
        ({"k": "prediction"}, "batch"),
        ({"n": -1}, "negative"),
        ({"n": 2**62 - 1}, "below"),
        ({"dn": b"\1\1"}, "rise"),
        ({"dn": b"\1\2\3"}, "'dn'"),
        ({"at": []}, "'at'"),
        ({"at": [1.5, 2]}, "integer"),
        ({"i": b"\0\2"}, "place 2 of a table of 2"),
        ({"o": b"\6"}, "beyond"),
        ({"o": b"\2\0"}, "bitmap"),
        ({"s": ["xgboost", "v1"]}, "'keys'"),
        ({"s": ["xgboost", "v1", "A" * 257]}, "256"),
        ({"nk": 0}, "nk"),
        ({"keys": b"\0\1\2"}, "'keys'"),
        ({"key": b"\1"}, "'key'"),
        ({"value": b"\0\0"}, "'value'"),
        ({"naive": None}, "'naive'"),
        ({"ofs": [["t"]]}, "pair"),
        ({"ofp": b"\1"}, "'ofp'"),
        ({"of": b"\0\0\0"}, "'of'"),
        ({"outcome": [0.5]}, "'outcome'"),
    ],
)  # fmt: skip
def test_a_broken_batch_is_malformed_by_what_is_wrong(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(MalformedEvent, match=named):
        decode_batch(changed(**changes))


def test_bytes_after_the_batch_are_malformed() -> None:
    with pytest.raises(MalformedEvent):
        decode_batch(changed() + b"\xc0")


def test_unknown_keys_of_a_batch_are_ignored() -> None:
    assert decode_batch(changed(added_in_2031=[1])) == [PREDICTION, OUTCOME]
