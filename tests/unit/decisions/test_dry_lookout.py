"""A dry run keeps its own calendar: what it decides is done at once, and real trainings do not move it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clm.decisions.dry_lookout import DryLookout
from clm.decisions.watch import WatcherFold
from clm.events import DAY, tick
from clm.model import ModelType
from clm.policy import SEED, Policy
from clm.scope import Scope
from tests.unit.decisions.stream import Tape, fold_all, told

XGB = ModelType.XGBOOST


def watching(**settings: Any) -> WatcherFold:
    """A fold to which a first training is due after four days, and each later one after four more."""
    days = {"retrain_interval_days": 4.0, "training_lookback_days": 4.0}
    given = {"name": SEED, "models": (XGB,), "cooldown_hours": 1.0, **days}
    fold = WatcherFold(Scope(history_from=0), Policy(**{**given, **settings}), DryLookout)
    fold.apply(tick(0))
    return fold


def test_a_retrain_counts_as_done_so_that_the_next_is_due_an_interval_later() -> None:
    fold = watching()
    days = [day for day in range(1, 14) if fold.apply(tick(day * DAY))]
    assert days == [4, 8, 12]
    assert (fold.memory[XGB].open_run, fold.memory[XGB].trained_at) == (None, 12 * DAY)


def test_real_trainings_and_moves_do_not_move_its_calendar() -> None:
    fold, tape = watching(), Tape()
    fold.apply(tick(4 * DAY))
    fold.apply(tape.candidate("v1", as_of=7 * DAY, run="watcher-1"))
    fold.apply(replace(tape.moved("v1"), at=7 * DAY))
    assert fold.memory[XGB].active == "v1"
    assert told(fold.apply(tick(8 * DAY))) == [("retrain", "time")]


def test_what_a_real_candidate_is_held_to_is_known_once_it_is_active() -> None:
    fold, tape = watching(), Tape()
    fold_all(fold, [tape.candidate("v1"), tape.moved("v1")])
    assert fold.memory[XGB].baseline == 0.75


def test_a_day_s_budget_is_spent_at_the_cost_of_the_last_real_training() -> None:
    settings = {"name": "sequential", "models": (XGB, ModelType.NHITS), "cpu_seconds_per_day": 100.0}
    fold, tape = watching(**settings), Tape()
    for model in ("xgboost", "nhits"):
        fold.apply(replace(tape.candidate("v1", model=model), cpu_seconds=60.0))
    made = fold.apply(tick(4 * DAY))
    assert [(each.kind, each.model_type) for each in made] == [
        ("retrain", "xgboost"),
        ("suppressed", "nhits"),
    ]


def test_a_command_is_answered_as_the_acting_policy_answers_it() -> None:
    fold, tape = watching(), Tape()
    assert told(fold.apply(tape.retrain("xgboost"))) == [("retrain", "manual")]
    assert told(fold.apply(tape.retrain("xgboost"))) == [("retrain", "manual")]
