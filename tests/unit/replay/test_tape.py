"""A tape tells at each close what was known then, and nothing else."""

from __future__ import annotations

import struct

from clm.replay.tape import Matured, Tape, record
from tests.unit.replay.frames import NAN, Columns, frame


def taped(*rows: tuple[str, int, int, float, float], regimes: dict[int, str] | None = None) -> Tape:
    return record(frame(*rows), Columns(), regimes or {})


def test_each_target_stands_at_the_bar_at_which_it_matured() -> None:
    tape = taped(("A", 10, 20, 0.5, 1.5), ("A", 20, 30, 0.5, 2.5), ("A", 30, -1, 0.5, NAN))
    assert [bar.matured for bar in tape] == [(), (Matured("A", 10, 1.5),), (Matured("A", 20, 2.5),)]


def test_a_longer_horizon_matures_later() -> None:
    tape = taped(("A", 10, 30, 0.5, 1.5), ("A", 20, -1, 0.5, NAN), ("A", 30, -1, 0.5, NAN))
    assert [len(bar.matured) for bar in tape] == [0, 0, 1]


def test_a_target_that_cannot_be_known_never_matures() -> None:
    tape = taped(("A", 10, 20, 0.5, NAN), ("A", 20, -1, 0.5, 2.5))
    assert [bar.matured for bar in tape] == [(), ()]


def test_bars_come_in_the_order_of_their_close_with_every_symbol_of_that_close() -> None:
    tape = taped(("A", 10, -1, 0, NAN), ("A", 30, -1, 0, NAN), ("B", 10, -1, 0, NAN), ("B", 20, -1, 0, NAN))
    assert [(bar.at, [row.symbol for row in bar.rows]) for bar in tape] == [
        (10, ["A", "B"]),
        (20, ["B"]),
        (30, ["A"]),
    ]
    assert tape.symbols == ("A", "B")


def test_a_row_without_a_naive_forecast_cannot_be_predicted() -> None:
    tape = taped(("A", 10, -1, NAN, NAN), ("A", 20, -1, 0.25, NAN))
    assert [(bar.rows[0].usable, bar.rows[0].naive) for bar in tape] == [(False, 0.0), (True, 0.25)]


def test_features_are_float32_little_endian_in_the_order_of_the_schema() -> None:
    tape = taped(("A", 10, -1, 0, NAN), ("A", 20, -1, 0, NAN))
    assert struct.unpack("<2f", tape.bars[1].rows[0].x) == (1.0, -1.0)
    assert (tape.schema, tape.columns, len(tape)) == ("two", ("x", "y"), 2)


def test_a_bar_has_the_label_of_its_own_close_and_none_where_it_is_unknown() -> None:
    tape = taped(("A", 10, -1, 0, NAN), ("A", 20, -1, 0, NAN), regimes={20: "calm", 15: "turbulent"})
    assert [bar.regime for bar in tape] == ["", "calm"]
