"""Under ``sequential`` a day's processor time is a budget; the most urgent trigger has it first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clm.decisions.watch import WatcherFold
from clm.events import DAY, HOUR, tick
from clm.model import ModelType
from clm.records import Decision
from tests.unit.decisions.evident import watching
from tests.unit.decisions.stream import Tape, fold_all, told

MODELS = (ModelType.XGBOOST, ModelType.NHITS)


def due(**settings: Any) -> WatcherFold:
    """Two model types whose first training is due from the second day on."""
    often = {"training_lookback_days": 1.0, "retrain_interval_days": 1.0, "cooldown_hours": 0.0}
    fold = watching(**{"models": MODELS, **often, **settings})
    fold.apply(Tape("data").predict(0))
    return fold


def ended(fold: WatcherFold, tape: Tape, run: str, model: str, seconds: float | None) -> None:
    fold.apply(replace(tape.failed(run, model), cpu_seconds=seconds))


def trained_once(fold: WatcherFold, tape: Tape) -> None:
    """A run of each on the second day, of 60 seconds."""
    fold.apply(tick(DAY))
    ended(fold, tape, "watcher-1", "xgboost", 60.0)
    ended(fold, tape, "watcher-2", "nhits", 60.0)


def briefly(made: list[Decision]) -> list[str]:
    return [f"{each.model_type} {each.kind} {each.trigger}" for each in made]


def test_without_a_budget_everything_that_is_due_starts_and_cost_is_told_nowhere() -> None:
    fold, tape = due(), Tape()
    trained_once(fold, tape)
    made = fold_all(fold, [tick(2 * DAY)])
    assert told(made) == [("retrain", "time")] * 2
    assert [made[0].evidence["observation"][name] for name in ("spent", "cost")] == [0.0, 0.0]


def test_a_run_that_would_take_more_than_is_left_waits_for_the_next_day() -> None:
    fold, tape = due(cpu_seconds_per_day=100.0), Tape()
    trained_once(fold, tape)
    made = fold_all(fold, [tick(2 * DAY)])
    assert briefly(made) == ["xgboost retrain time", "nhits suppressed time"]
    assert made[1].reason == (
        "CPU budget: 60.0 s of 100 s a day are spent or promised, and the last run took 60.0 s; "
        "until 1970-01-04 00:00"
    )
    ended(fold, tape, made[0].id, "xgboost", 60.0)
    assert fold_all(fold, [tick(2 * DAY + HOUR), tick(3 * DAY - HOUR)]) == []  # recorded already
    assert briefly(fold_all(fold, [tick(3 * DAY)])) == ["xgboost retrain time", "nhits suppressed time"]


def test_a_day_that_costs_less_leaves_room_for_both() -> None:
    fold, tape = due(cpu_seconds_per_day=120.0), Tape()
    trained_once(fold, tape)
    assert told(fold_all(fold, [tick(2 * DAY)])) == [("retrain", "time")] * 2


def test_the_first_run_of_a_day_starts_whatever_it_costs() -> None:
    fold, tape = due(models=(ModelType.XGBOOST,), cpu_seconds_per_day=100.0), Tape()
    fold_all(fold, [tick(DAY)])
    ended(fold, tape, "watcher-1", "xgboost", 5000.0)
    assert told(fold_all(fold, [tick(2 * DAY)])) == [("retrain", "time")]


def test_an_operator_s_retrain_asks_no_budget() -> None:
    fold, tape = due(cpu_seconds_per_day=1.0), Tape()
    trained_once(fold, tape)
    assert told(fold_all(fold, [tape.retrain("xgboost")])) == [("retrain", "manual")]


def test_the_most_urgent_trigger_has_the_budget_first() -> None:
    fold, tape = due(cpu_seconds_per_day=100.0, regime_memory_days=0.0), Tape()
    trained_once(fold, tape)
    fold.apply(tape.regime(DAY + HOUR, "calm"))
    fold.memory[ModelType.NHITS].regime = "elsewhere"
    assert briefly(fold.apply(tick(2 * DAY))) == ["nhits retrain regime_shift", "xgboost suppressed time"]
