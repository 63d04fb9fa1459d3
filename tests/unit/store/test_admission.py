"""What of an entry counts in a scope, and why the rest does not."""

import random
import re
from dataclasses import replace
from typing import Any

import pytest

from clm.events import Command, Outcome, Prediction, tick
from clm.ports import Entry
from clm.scope import Scope
from clm.store.admission import admit, time_told
from clm.store.batch import encode_batches
from clm.store.codec import encode
from tests.unit.store.written import EVENTS, PREDICTION, wire

SCOPE = Scope(name="us-daily", symbols=("AAPL", "IBM"))
KNOWN = frozenset({"xgboost", "naive"})
OUTCOME = Outcome(p="trader-1", n=8, at=2_000_000, of=("trader-1", 7), value=-3.0)


def batch(*events: Prediction | Outcome) -> Entry:
    [data] = encode_batches(events)
    return Entry("1000-0", data)


def test_twenty_thousand_mutants_count_or_are_refused_and_nothing_is_raised() -> None:
    chance, refused = random.Random(7), 0
    sources = [encode(event) for event in EVENTS]
    for _ in range(20_000):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        admitted = admit(Entry("9000-0", bytes(data[: chance.randint(1, 400)])), SCOPE, KNOWN)
        assert len(admitted.rows) + len(admitted.reasons) == 1
        refused += len(admitted.reasons)
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
    [reason] = admit(Entry("1000-3", wire(**changes)), SCOPE, KNOWN).reasons
    assert reason.row is None
    assert re.search(named, reason.text)


def test_five_seconds_ahead_of_its_entry_is_still_taken() -> None:
    [(_, event)] = admit(Entry("1000-3", wire(at=6_000_000)), SCOPE, KNOWN).rows
    assert event.at == 6_000_000


def test_a_scope_without_symbols_takes_any() -> None:
    assert admit(Entry("1000-0", wire(symbol="TSLA")), Scope(), KNOWN).reasons == []


def test_a_command_for_an_unknown_model_is_refused() -> None:
    command = Command(p="op", n=0, at=0, action="retrain", models=("xgboost", "catboost"))
    [reason] = admit(Entry("1000-0", encode(command)), SCOPE, KNOWN).reasons
    assert "'catboost'" in reason.text


def test_every_row_of_a_batch_that_is_possible_counts() -> None:
    admitted = admit(batch(PREDICTION, OUTCOME), SCOPE, KNOWN)
    assert admitted.rows == [(0, PREDICTION), (1, OUTCOME)]
    assert admitted.reasons == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"value": float("nan")}, "finite"),
        ({"naive": float("inf")}, "finite"),
        ({"model_type": "catboost"}, "'catboost'"),
        ({"symbol": "TSLA"}, "'TSLA'.*us-daily"),
        ({"horizon": 0}, "horizon"),
        ({"at": 6_000_001}, "5.0 s"),
        ({"at": -1}, "negative"),
    ],
)
def test_an_impossible_row_of_a_batch_is_refused_alone(changes: dict[str, Any], named: str) -> None:
    odd = replace(PREDICTION, n=8, **changes)
    admitted = admit(batch(PREDICTION, odd, replace(OUTCOME, n=9)), SCOPE, KNOWN)
    assert [row for row, _ in admitted.rows] == [0, 2]
    [reason] = admitted.reasons
    assert reason.row == 1
    assert re.search(named, reason.text)


def test_an_outcome_of_an_impossible_prediction_is_refused_alone() -> None:
    admitted = admit(batch(OUTCOME, replace(OUTCOME, n=9, of=("trader-1", -1))), SCOPE, KNOWN)
    assert [row for row, _ in admitted.rows] == [0]
    assert "negative" in admitted.reasons[0].text


def test_a_batch_with_a_broken_structure_is_refused_whole() -> None:
    entry = batch(PREDICTION, OUTCOME)
    admitted = admit(Entry(entry.id, entry.data[:-1]), SCOPE, KNOWN)
    assert admitted.rows == ()
    assert [reason.row for reason in admitted.reasons] == [None]


def test_the_time_told_is_the_largest_that_is_possible() -> None:
    late = replace(OUTCOME, at=6_000_001)
    assert time_told(batch(PREDICTION, OUTCOME)) == 2_000_000
    assert time_told(batch(PREDICTION, late)) == 1_000_000
    assert time_told(Entry("60000-0", encode(tick(60_000_000)))) == 60_000_000


def test_what_tells_no_time_tells_zero() -> None:
    command = Command(p="op", n=0, at=900, action="retrain")
    assert [time_told(Entry("1000-0", data)) for data in (b"", encode(command))] == [0, 0]
