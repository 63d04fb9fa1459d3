"""Events as bytes: a written wire, every kind there and back, and garbage refused with a reason."""

import math
from typing import Any

import msgpack
import pytest

from clm.errors import MalformedEvent
from clm.events import Event, InputRow, Run
from clm.records import Decision, Head
from clm.store.codec import (
    decode,
    decode_decision,
    decode_row,
    encode,
    encode_decision,
    encode_row,
)
from clm.store.wire import MAX_BYTES
from tests.unit.store.written import EVENTS, PREDICTION, wire


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_every_kind_comes_back_as_it_was_sent(event: Event) -> None:
    assert decode(encode(event)) == event


def test_the_wire_is_a_map_with_names_a_person_can_read() -> None:
    assert msgpack.unpackb(encode(PREDICTION)) == {
        "v": 1, "k": "prediction", "p": "trader-1", "n": 7, "at": 1_000_000, "model_type": "xgboost",
        "version": "v1", "symbol": "AAPL", "horizon": 1, "value": -3.5, "naive": -3.25,
    }  # fmt: skip


def test_the_wire_says_from_and_to_and_points_by_p_and_n() -> None:
    moved, outcome = msgpack.unpackb(encode(EVENTS[9])), msgpack.unpackb(encode(EVENTS[1]))
    assert (moved["from"], moved["to"], outcome["of"]) == ("naive", "v1", ["trader-1", 7])


def test_what_is_not_known_is_left_out() -> None:
    assert set(msgpack.unpackb(encode(EVENTS[2]))) == {"v", "k", "p", "n", "at", "regime"}


def test_unknown_keys_are_ignored() -> None:
    assert decode(wire(added_in_2031=[1, 2])) == PREDICTION


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"v": 2}, "wire version 2"),
        ({"k": "predication"}, "'predication'"),
        ({"k": ["prediction"]}, "kind"),
        ({"value": math.nan}, "finite"),
        ({"value": math.inf}, "finite"),
        ({"value": "3.5"}, "finite"),
        ({"value": True}, "finite"),
        ({"n": -1}, "negative"),
        ({"n": 1.5}, "integer"),
        ({"n": 2**63}, "below"),
        ({"symbol": "A" * 257}, "256"),
        ({"symbol": b"AAPL"}, "text"),
        ({"symbol": None}, "symbol"),
    ],
)
def test_a_malformed_event_is_refused_by_what_is_wrong(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(MalformedEvent, match=named):
        decode(wire(**changes))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xc1", b"\x81", b"\x93\x01\x02\x03", b"\xc0",
        b"\x91" * 2000, b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xc7\x05\x01hello",
        b"\xa2\xff\xfe", bytes(msgpack.packb({1: 2})), bytes(msgpack.packb({"v": 1})),
    ],
)  # fmt: skip
def test_garbage_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedEvent):
        decode(data)


def test_an_entry_that_is_too_large_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(MalformedEvent, match=str(MAX_BYTES)):
        decode(b"\xc1" * (MAX_BYTES + 1))


def test_an_input_row_comes_back_byte_for_byte() -> None:
    row = InputRow("AAPL", 86_400_000_000, "daily-1", b"\x00\x00\x80?\x00\x00\xc0\x7f")
    assert decode_row(encode_row(row)) == row


@pytest.mark.parametrize(
    "change", [{"x": b"123"}, {"x": "1234"}, {"symbol": 1}, {"at": 1.5}, {"schema": None}]
)
def test_a_malformed_input_row_is_refused(change: dict[str, Any]) -> None:
    row = {"symbol": "AAPL", "at": 1, "schema": "daily-1", "x": b"1234", **change}
    with pytest.raises(MalformedEvent):
        decode_row(bytes(msgpack.packb(row)))


def test_a_decision_is_canonical_json_and_comes_back_intact() -> None:
    decision = Head().chain(Decision(role="watcher", kind="retrain", at=1, model_type="nhits", statistic=0.1))
    data = encode_decision(decision)
    assert data.startswith(b'{"actor":"clm","at":1,')
    assert decode_decision(data) == decision
    assert decode_decision(data).intact()


@pytest.mark.parametrize("field", ["v", "k", "p", "n", "evaluation"])
@pytest.mark.parametrize("nest", [b"\x91", b"\x81\xa1a"])
def test_a_value_too_deep_to_be_printed_is_refused_like_any_other(field: str, nest: bytes) -> None:
    run = Run(p="w", n=0, at=0, run="r", model_type="xgboost", cause="c", phase="started")
    sound = msgpack.packb(msgpack.unpackb(encode(run)) | {field: 0x7FC0FFEE})
    with pytest.raises(MalformedEvent):
        decode(sound.replace(b"\xce\x7f\xc0\xff\xee", nest * 1000 + b"\xc0"))
