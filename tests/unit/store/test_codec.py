"""Events as bytes: a written wire, every kind there and back, and garbage refused with a reason."""

import math
import random
from typing import Any

import msgpack
import pytest

from clm.errors import MalformedEvent
from clm.events import (
    Command,
    Event,
    InputRow,
    Moved,
    Outcome,
    Prediction,
    Refused,
    Regime,
    Run,
    Verdict,
    tick,
)
from clm.ports import Entry
from clm.records import Decision, Head
from clm.scope import Scope
from clm.store.codec import (
    MAX_BYTES,
    admit,
    decode,
    decode_decision,
    decode_row,
    encode,
    encode_decision,
    encode_row,
)

SCOPE = Scope(name="us-daily", symbols=("AAPL", "IBM"))
KNOWN = frozenset({"xgboost", "naive"})
PREDICTION = Prediction(
    p="trader-1", n=7, at=1_000_000, model_type="xgboost", version="v1", symbol="AAPL", horizon=1,
    value=-3.5, naive=-3.25,
)  # fmt: skip
EVENTS: list[Event] = [
    PREDICTION,
    Outcome(p="t", n=1, at=2, of=("trader-1", 7), value=0.5),
    Regime(p="t", n=1, at=2, regime="volatile"),
    Regime(p="t", n=1, at=2, regime="calm", confidence=0.75, symbol="IBM"),
    tick(120_000_000),
    Command(p="op", n=0, at=2, action="retrain", models=("xgboost",), actor="ann", reason="why not? " * 50),
    Run(p="run:w-1", n=0, at=2, run="w-1", model_type="xgboost", cause="w-1", phase="started", as_of=2),
    Run(
        p="run:w-1",
        n=1,
        at=2,
        run="w-1",
        model_type="xgboost",
        cause="w-1",
        phase="candidate",
        version="v1",
        sha256="ab" * 32,
        as_of=2,
        training_range=(-5, 2),
        schema="daily-1",
        evaluation={"rmse": 0.5, "rows": 3},
    ),
    Verdict(p="shadow", n=1, at=2, model_type="xgboost", version="v1", result="reject", decision="shadow-1"),
    Moved(
        p="registry",
        n=1,
        at=2,
        model_type="xgboost",
        epoch=1,
        from_version="naive",
        to_version="v1",
        cause="shadow-1",
        actor="clm",
    ),
    Refused(
        p="refused:shadow-1",
        n=0,
        at=2,
        model_type="xgboost",
        epoch=1,
        from_version="v1",
        to_version="v2",
        cause="shadow-1",
        actor="clm",
    ),
]


def wire(**changes: Any) -> bytes:
    """The bytes of ``PREDICTION`` with some fields changed; None removes one."""
    fields = {**msgpack.unpackb(encode(PREDICTION)), **changes}
    return bytes(msgpack.packb({name: value for name, value in fields.items() if value is not None}))


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


def test_twenty_thousand_mutants_are_events_or_malformed_and_nothing_else() -> None:
    chance, refused = random.Random(7), 0
    sources = [encode(event) for event in EVENTS]
    for _ in range(20_000):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            assert isinstance(
                admit(Entry("9000-0", bytes(data[: chance.randint(1, 400)])), SCOPE, KNOWN), Event
            )
        except MalformedEvent:
            refused += 1
    assert 5_000 < refused < 20_000


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model_type": "catboost"}, "'catboost'"),
        ({"symbol": "TSLA"}, "'TSLA'.*us-daily"),
        ({"horizon": 0}, "horizon"),
        ({"at": 1_000_000 + 5_000_001}, "5.0 s"),
    ],
)
def test_an_impossible_event_is_refused_by_what_is_wrong(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(MalformedEvent, match=named):
        admit(Entry("1000-3", wire(**changes)), SCOPE, KNOWN)


def test_five_seconds_ahead_of_its_entry_is_still_taken() -> None:
    assert admit(Entry("1000-3", wire(at=6_000_000)), SCOPE, KNOWN).at == 6_000_000


def test_a_scope_without_symbols_takes_any() -> None:
    assert admit(Entry("1000-0", wire(symbol="TSLA")), Scope(), KNOWN) != PREDICTION


def test_a_command_for_an_unknown_model_is_refused() -> None:
    command = Command(p="op", n=0, at=0, action="retrain", models=("xgboost", "catboost"))
    with pytest.raises(MalformedEvent, match="'catboost'"):
        admit(Entry("1000-0", encode(command)), SCOPE, KNOWN)


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
