"""New bars and a lasting change of regime ask for a retrain; what returned does not."""

from __future__ import annotations

from clm.events import HOUR, tick
from clm.model import ModelType
from tests.unit.decisions.stream import Tape, fold_all, told
from tests.unit.decisions.watching import served, watching


def test_data_volume_counts_distinct_bars_that_matured_after_the_newest_training() -> None:
    fold, tape = watching(data_threshold_points=3), Tape()
    served(fold, tape)
    bars = [(0, "A"), (30 * HOUR, "A"), (30 * HOUR, "B"), (30 * HOUR, "A"), (31 * HOUR, "A")]
    made = [told(fold_all(fold, tape.pair(at, 1.0, 1.0, symbol=symbol))) for at, symbol in bars]
    assert made == [[], [], [], [], [("retrain", "data_volume")]]  # at the as_of, 1, 2, again, 3


def test_a_bar_counts_only_when_it_matured() -> None:
    fold, tape = watching(data_threshold_points=1), Tape()
    served(fold, tape)
    made = tape.predict(30 * HOUR)
    assert fold.apply(made) == []
    assert told(fold.apply(tape.outcome(made, 31 * HOUR, 1.0))) == [("retrain", "data_volume")]


def test_the_count_begins_anew_with_the_next_training() -> None:
    fold, tape = watching(data_threshold_points=2, cooldown_hours=0.0), Tape()
    served(fold, tape)
    fold_all(fold, [*tape.pair(HOUR, 1.0, 1.0), *tape.pair(2 * HOUR, 1.0, 1.0)])
    fold_all(fold, [tape.candidate("v2", run="watcher-2", as_of=2 * HOUR), tape.verdict("v2")])
    assert fold.observe(ModelType.XGBOOST).new_points == 0
    assert fold_all(fold, tape.pair(3 * HOUR, 1.0, 1.0)) == []
    assert told(fold_all(fold, tape.pair(4 * HOUR, 1.0, 1.0))) == [("retrain", "data_volume")]


def test_a_regime_shift_fires_when_the_regime_differs_from_that_of_the_training() -> None:
    fold, tape = watching(), Tape()
    events = [tape.regime(HOUR, "calm"), tape.regime(2 * HOUR, "calm"), tape.regime(3 * HOUR, "wild")]
    made = [told(fold.apply(event)) for event in events]
    assert made == [[], [], [("retrain", "regime_shift")]]


def test_after_the_retrain_the_new_regime_is_the_trained_one() -> None:
    fold, tape = watching(cooldown_hours=0.0), Tape()
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild"), tape.failed("watcher-1")])
    assert fold_all(fold, [tape.regime(3, "wild"), *tape.pair(4, 1.0, 1.0)]) == []
    assert told(fold.apply(tape.regime(5, "calm"))) == [("retrain", "regime_shift")]


def test_a_regime_that_returns_before_the_cool_down_ends_fires_nothing() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild"), tape.regime(3, "calm")])
    assert fold_all(fold, [*tape.pair(30 * HOUR, 1.0, 1.0), tick(31 * HOUR)]) == []


def test_a_regime_that_lasts_fires_when_the_cool_down_ends() -> None:
    fold, tape = watching(), Tape()
    served(fold, tape)
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild")])
    made = [hour for hour in range(20, 30) if fold.apply(tick(hour * HOUR))]
    assert made == [24]


def test_a_regime_of_one_symbol_is_not_the_scopes() -> None:
    fold, tape = watching(), Tape()
    assert fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild", symbol="A")]) == []
    assert fold.regimes.current == "calm"
