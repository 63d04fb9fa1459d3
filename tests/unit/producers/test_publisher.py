"""The publisher never hurts its trader: nothing blocks, raises, is reordered or is lost silently."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import pytest

from clm.errors import ConfigurationError
from clm.events import Command, InputRow, Outcome, Prediction, Regime, Tick
from producers.publisher import EventPublisher
from producers.sinks import Sink
from producers.stats import Stats
from tests.unit.producers.sinks import KeepingSink
from tests.unit.producers.test_drafts import Hostile

MINUTE = 60_000_000


def manual(sink: Sink, capacity: int = 100) -> EventPublisher:
    return EventPublisher(sink=sink, p="t", capacity=capacity, background=False)


def predict(publisher: EventPublisher, at: int = MINUTE, value: object = 2.5) -> tuple[str, int]:
    return publisher.prediction(
        model_type="xgboost", version="v1", symbol="AAPL", at=at, horizon=1,
        value=value, naive=2.0,  # type: ignore[arg-type]
    )  # fmt: skip


def regimes(publisher: EventPublisher, labels: range) -> None:
    for label in labels:
        publisher.regime(str(label), at=label)


def test_each_call_becomes_its_event_in_order() -> None:
    sink = KeepingSink()
    with manual(sink) as publisher:
        publisher.input("AAPL", MINUTE, "s1", [1.0])
        of = predict(publisher)
        publisher.outcome(of, 2.25, 2 * MINUTE)
        publisher.regime("calm", 3 * MINUTE, confidence=0.5)
        publisher.tick(3 * MINUTE)
    assert sink.items == [
        InputRow(symbol="AAPL", at=MINUTE, schema="s1", x=b"\0\0\x80?"),
        Prediction(p="t", n=0, at=MINUTE, model_type="xgboost", version="v1", symbol="AAPL",
                   horizon=1, value=2.5, naive=2.0),
        Outcome(p="t", n=1, at=2 * MINUTE, of=("t", 0), value=2.25),
        Regime(p="t", n=2, at=3 * MINUTE, regime="calm", confidence=0.5),
        Tick(p="clock", n=3, at=3 * MINUTE),
    ]  # fmt: skip


def test_a_position_monitor_asks_for_a_retrain_in_the_producers_name() -> None:
    sink = KeepingSink()
    with manual(sink) as publisher:
        publisher.command("retrain", ["xgboost"], "three losses in a row")
    (asked,) = sink.items
    assert isinstance(asked, Command)
    assert (asked.action, asked.models, asked.actor) == ("retrain", ("xgboost",), "t")
    assert asked.reason == "three losses in a row"


def test_no_garbage_makes_a_call_raise() -> None:
    publisher = manual(KeepingSink())
    bad: Any = Hostile()
    publisher.predictions(bad, bad, bad)(bad, bad, bad, bad)
    publisher.prediction(model_type=bad, version=bad, symbol=bad, at=bad, horizon=bad, value=bad, naive=bad)
    publisher.outcome(bad, bad, bad)
    publisher.regime(bad, bad, bad, bad)
    publisher.input(bad, bad, bad, bad)
    publisher.tick(bad)
    publisher.command(bad, bad, bad)
    assert publisher.flush()
    assert publisher.stats == Stats(published=0, pending=0, dropped=0, failed=7)


def test_a_prediction_returns_the_identity_that_its_outcome_names() -> None:
    publisher = manual(KeepingSink())
    assert [predict(publisher), predict(publisher)] == [("t", 0), ("t", 1)]


def test_nothing_is_sent_before_flush_without_a_thread() -> None:
    sink = KeepingSink()
    publisher = manual(sink)
    predict(publisher)
    assert (sink.items, publisher.stats.pending) == ([], 1)
    assert publisher.flush()
    assert publisher.stats == Stats(published=1, pending=0, dropped=0, failed=0)


def test_a_dropped_event_leaves_a_gap_in_the_numbers() -> None:
    sink = KeepingSink()
    publisher = manual(sink, capacity=1)
    regimes(publisher, range(2))
    publisher.flush()
    regimes(publisher, range(1))
    publisher.flush()
    assert sink.numbers == [0, 2]


@pytest.mark.parametrize("x", [None, ["a"], object(), [], b"123"])
def test_a_row_that_is_no_row_is_counted_and_the_rest_goes_on(x: object) -> None:
    sink = KeepingSink()
    publisher = manual(sink)
    publisher.input("AAPL", MINUTE, "s1", x)
    predict(publisher)
    assert publisher.flush()
    assert sink.numbers == [0]
    assert publisher.stats == Stats(published=1, pending=0, dropped=0, failed=1)
    assert publisher.errors["input"].startswith("x of input of 'AAPL' is")


def test_a_kind_of_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    publisher = manual(KeepingSink())
    for value in ("high", None):
        predict(publisher, value=value)
    publisher.tick("noon")  # type: ignore[arg-type]
    publisher.flush()
    assert sorted(publisher.errors) == ["prediction", "tick"]
    assert len(caplog.records) == 2


def test_nan_is_published_as_it_is() -> None:
    sink = KeepingSink()
    with manual(sink) as publisher:
        predict(publisher, value=nan)
    assert publisher.stats == Stats(published=1, pending=0, dropped=0, failed=0)


def test_an_input_is_copied_when_it_is_published() -> None:
    sink, row = KeepingSink(), np.array([1], dtype=np.float32)
    with manual(sink) as publisher:
        publisher.input("AAPL", MINUTE, "s1", row)
        row[0] = 9
    assert sink.items == [InputRow(symbol="AAPL", at=MINUTE, schema="s1", x=b"\0\0\x80?")]


def test_a_closed_publisher_drops_and_says_so() -> None:
    sink = KeepingSink()
    publisher = manual(sink)
    publisher.close()
    predict(publisher)
    publisher.flush()
    assert (sink.items, publisher.stats.dropped) == ([], 1)
    assert publisher.errors["ring"] == "dropped 1 events so far: the publisher is closed"


def test_two_publishers_never_share_a_producer() -> None:
    first, second = (EventPublisher(sink=KeepingSink(), background=False) for _ in range(2))
    assert first.p != second.p
    assert first.p.startswith("trader-")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "exactly one"),
        ({"url": "redis://x", "sink": KeepingSink()}, "exactly one"),
        ({"url": "http://x"}, "http://x"),
        ({"url": "redis://x", "scope": "US daily"}, "US daily"),
        ({"url": "redis://x", "capacity": 0}, "capacity is 0"),
        ({"url": "redis://x", "precision": "half"}, "precision is 'half'"),
        ({"url": "redis://x", "spool_bytes": 1}, "spool_bytes is 1"),
        ({"url": "redis://x", "p": "x" * 257}, "1 to 256 characters"),
    ],
)
def test_a_wrong_setting_is_refused_at_construction(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        EventPublisher(**arguments, background=False)  # type: ignore[arg-type]
