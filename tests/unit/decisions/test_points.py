"""New bars are counted once per symbol, from the newest training on, until there are enough."""

from __future__ import annotations

import msgpack
import pytest

from clm.decisions.watch import WatcherFold
from clm.events import Event
from clm.model import ModelType
from clm.policy import Policy
from clm.scope import Scope
from tests.unit.decisions.stream import Tape

Bars = list[tuple[str, int]]


def watching(enough: int = 100) -> WatcherFold:
    return WatcherFold(Scope(), Policy(data_threshold_points=enough, cooldown_hours=0))


def matured(tape: Tape, bars: Bars) -> list[Event]:
    return [event for symbol, at in bars for event in tape.pair(at, 1.0, 1.0, symbol=symbol)]


def points(fold: WatcherFold, events: list[Event]) -> int:
    for event in events:
        fold.apply(event)
    return fold.observe(ModelType.XGBOOST).new_points


@pytest.mark.parametrize(
    ("bars", "count"),
    [
        ([("A", 1), ("A", 2), ("B", 1)], 3),
        ([("A", 1), ("A", 1), ("A", 1)], 1),  # several predictions of one bar
        ([("A", 2), ("A", 1), ("A", 2), ("A", 1)], 2),  # in whatever order they mature
    ],
)
def test_a_bar_counts_once_per_symbol(bars: Bars, count: int) -> None:
    assert points(watching(), matured(Tape(), bars)) == count


def test_only_bars_after_the_as_of_of_the_newest_training_count() -> None:
    fold, tape = watching(), Tape()
    fold.apply(tape.retrain("xgboost"))
    before = matured(tape, [("A", 9), ("A", 10), ("A", 11), ("B", 12)])
    assert points(fold, before) == 4
    assert points(fold, [tape.candidate("v1", as_of=10)]) == 2
    assert points(fold, matured(tape, [("C", 10), ("C", 11)])) == 3


def test_counting_stops_when_there_are_enough() -> None:
    assert points(watching(enough=7), matured(Tape(), [("A", at) for at in range(50)])) == 7


def test_bars_that_come_in_the_wrong_order_count_once_and_are_forgotten_in_the_right_one() -> None:
    fold, tape = watching(enough=1000), Tape()
    fold.apply(tape.retrain("xgboost"))
    backwards = [("A", at) for at in range(200, 0, -1)]
    assert points(fold, matured(tape, [*backwards, *backwards[::3], ("A", 300)])) == 201
    assert points(fold, [tape.candidate("v1", as_of=150)]) == 51
    assert points(fold, matured(tape, [("A", 151), ("A", 301)])) == 52


def test_thousands_of_bars_are_counted_and_remembered() -> None:
    fold, again = watching(enough=9000), watching(enough=9000)
    bars = [(symbol, at) for at in range(1500) for symbol in "ABC"]
    assert points(fold, matured(Tape(), bars)) == 4500
    again.restore(msgpack.unpackb(msgpack.packb(fold.state())))
    assert points(again, matured(Tape("u"), [("A", 5), ("D", 5)])) == 4501
