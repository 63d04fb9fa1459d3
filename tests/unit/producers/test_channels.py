"""A prepared channel says the same as the call by name, for less."""

from __future__ import annotations

from producers.publisher import EventPublisher
from tests.unit.producers.sinks import KeepingSink


def manual(sink: KeepingSink, capacity: int = 100) -> EventPublisher:
    return EventPublisher(sink=sink, p="t", capacity=capacity, background=False)


def test_a_channel_publishes_what_the_call_by_name_publishes() -> None:
    by_name, by_channel = KeepingSink(), KeepingSink()
    with manual(by_name) as publisher:
        publisher.prediction(
            model_type="xgboost", version="v1", symbol="AAPL", at=7, horizon=2, value=2.5, naive=2.0
        )
    with manual(by_channel) as publisher:
        publisher.predictions("xgboost", "AAPL", 2)("v1", 7, 2.5, 2.0)
    assert by_channel.items == by_name.items


def test_channels_and_calls_share_one_sequence_of_numbers() -> None:
    sink = KeepingSink()
    with manual(sink) as publisher:
        first, second = (publisher.predictions("xgboost", symbol, 1) for symbol in ("AAPL", "GOOG"))
        tokens = [first("v1", 7, 1.0, 0.0), second("v1", 7, 1.0, 0.0), first("v1", 8, 1.0, 0.0)]
        publisher.regime("calm", 8)
    assert [token[:2] for token in tokens] == [("t", 0), ("t", 1), ("t", 2)]
    assert sink.numbers == [0, 1, 2, 3]


def test_an_outcome_takes_a_token_or_the_identity_in_it() -> None:
    sink = KeepingSink()
    with manual(sink) as publisher:
        token = publisher.predictions("xgboost", "AAPL", 1)("v1", 7, 1.0, 0.0)
        publisher.outcome(token, 2.0, 8)
        publisher.outcome(token[:2], 2.0, 8)
    _, by_token, by_identity = sink.items
    assert by_token.of == by_identity.of == ("t", 0)  # type: ignore[union-attr]


def test_a_full_ring_drops_what_a_channel_says_and_its_number_is_gone() -> None:
    sink = KeepingSink()
    with manual(sink, capacity=1) as publisher:
        say = publisher.predictions("xgboost", "AAPL", 1)
        say("v1", 7, 1.0, 0.0)
        say("v1", 8, 1.0, 0.0)
        publisher.flush()
        say("v1", 9, 1.0, 0.0)
    assert sink.numbers == [0, 2]
    assert publisher.stats.dropped == 1
