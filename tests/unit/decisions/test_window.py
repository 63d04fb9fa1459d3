"""A window's statistics are those of its newest pairs, exactly, however many came before."""

from __future__ import annotations

import math

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clm.decisions.health import Health
from clm.decisions.join import Pair
from clm.decisions.window import Window
from tests.unit.decisions.stream import Tape

SCALE = 10**9
Row = tuple[float, float, float]  # value, naive, outcome

ROWS: list[Row] = [
    (2.0, 0.0, 1.0),  # error 1, naive error 1, right
    (-0.5, 0.5, 1.0),  # error 1.5, naive error 0.5, wrong
    (1.0, 1.0, 3.0),  # error 2, naive error 2, without direction
]
FEW_ROWS = st.lists(st.tuples(*[st.floats(-5e5, 5e5)] * 3), max_size=12)


def healthy(size: int, rows: list[Row], exponent: int = 9) -> Health:
    health = Health(size, exponent)
    for value, naive, outcome in rows:
        health.observe(Pair(Tape().predict(0, value, naive), outcome, 1))
    return health


def windowed(size: int, rows: list[Row]) -> Window:
    return healthy(size, rows).window("xgboost", "naive")


def test_an_empty_window_knows_nothing() -> None:
    window = windowed(3, [])
    assert (window.pairs, window.full) == (0, False)
    assert all(map(math.isnan, (window.mae, window.naive_mae, window.accuracy)))


def test_the_statistics_are_the_hand_computed_ones() -> None:
    window = windowed(3, ROWS)
    assert window.mae == 1.5  # (1 + 1.5 + 2) / 3
    assert window.naive_mae == 3.5 / 3  # (1 + 0.5 + 2) / 3
    assert window.accuracy == 1 / 2  # one right of two with a direction


@pytest.mark.parametrize(("rows", "full"), [(2, False), (3, True), (4, True)])
def test_it_is_full_from_its_size_on(rows: int, full: bool) -> None:
    assert windowed(3, [ROWS[0]] * rows).full is full


def test_the_oldest_pair_leaves_a_full_window() -> None:
    window = windowed(2, ROWS)  # the first row is out
    assert (window.pairs, window.mae, window.naive_mae, window.accuracy) == (2, 1.75, 1.25, 0.0)


def test_tenths_add_up_exactly() -> None:
    window = windowed(4, [(0.1, 0.0, 0.0), (5e5, 0.0, 0.0)] * 500 + [(0.1, 0.0, 0.0)] * 4)
    assert window.mae == 0.1  # a float sum would keep a trace of the millions


def test_a_smaller_window_takes_up_the_newest_of_saved_rows() -> None:
    health = Health(2, 9)
    health.restore(healthy(3, ROWS).state())
    window = health.window("xgboost", "naive")
    assert (window.full, window.pairs, window.mae) == (True, 2, 1.75)


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(rows=FEW_ROWS, size=st.integers(1, 5))
def test_its_sums_equal_those_computed_from_scratch(rows: list[Row], size: int) -> None:
    newest, window = rows[-size:], windowed(size, rows)
    errors = [round(abs(value - outcome) * SCALE) for value, _, outcome in newest]
    naive_errors = [round(abs(naive - outcome) * SCALE) for _, naive, outcome in newest]
    turns = [(value - naive, outcome - naive) for value, naive, outcome in newest]
    hits = [(a > 0) == (b > 0) for a, b in turns if a and b]
    assert window.pairs == len(newest)
    if newest:
        assert window.mae == sum(errors) / (len(newest) * SCALE)
        assert window.naive_mae == sum(naive_errors) / (len(newest) * SCALE)
    assert window.accuracy == sum(hits) / len(hits) if hits else math.isnan(window.accuracy)


@settings(max_examples=25, derandomize=True, deadline=None, database=None)
@given(rows=FEW_ROWS, more=FEW_ROWS)
def test_a_restored_window_goes_on_as_if_unbroken(rows: list[Row], more: list[Row]) -> None:
    unbroken, again = healthy(4, rows + more), Health(4, 9)
    again.restore(msgpack.unpackb(msgpack.packb(healthy(4, rows).state())))
    for value, naive, outcome in more:
        again.observe(Pair(Tape().predict(0, value, naive), outcome, 1))
    assert again.state() == unbroken.state()
    assert repr(again.window("xgboost", "naive")) == repr(unbroken.window("xgboost", "naive"))
