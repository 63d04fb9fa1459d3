"""The tape of a bench is a trader's: what the watcher makes of it is known beforehand."""

from __future__ import annotations

from array import array

from benchmarks.stream.tape import PER_BAR, Tape
from clm.events import Outcome, Prediction


def test_the_first_bar_has_predictions_alone_and_each_later_one_the_outcomes_of_the_bar_before() -> None:
    events = list(Tape().bars(3))
    kinds = [
        "".join(each.kind[0] for each in events if each.at == at) for at in sorted({e.at for e in events})
    ]
    assert kinds == ["p" * 32, "p" * 32 + "o" * 32, "p" * 32 + "o" * 32]
    assert PER_BAR == 64


def test_every_number_is_exact_in_float32() -> None:
    values = [each.value for each in Tape().bars(2) if isinstance(each, Prediction | Outcome)]
    assert list(array("f", values)) == values


def test_two_tapes_are_the_same() -> None:
    assert list(Tape().bars(2)) == list(Tape().bars(2))


def test_after_ten_thousand_matured_bars_the_runs_of_the_retrains_end() -> None:
    ended = [each for each in Tape().bars(1257) if each.kind == "run"]
    assert [each.p for each in ended] == [f"run-watcher-{number}" for number in (5, 6, 7, 8)]
