"""Every decision of the watcher is a receipt, and what cannot be is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from clm.errors import MalformedEvent
from clm.events import DAY, HOUR, Event, Run, tick
from clm.model import BASE_MODELS, ModelType, RetrainTrigger
from tests.unit.decisions.stream import Tape, fold_all
from tests.unit.decisions.watching import served, watching, wrong


def test_all_reasons_that_fired_are_kept_and_the_first_by_priority_names_the_trigger() -> None:
    fold, tape = watching(retrain_interval_days=1.0), Tape()
    served(fold, tape)
    fold_all(fold, [tape.regime(1, "calm"), tape.regime(2, "wild"), *wrong(tape, HOUR, 4)])
    made = fold.apply(tick(DAY))[0]
    assert made.trigger == "performance_decay"
    fired = [name for name, *_ in made.evidence["fired"]]
    assert fired == ["performance_decay", "regime_shift", "time"]


def test_the_decisions_are_numbered_chained_and_intact() -> None:
    fold, tape = watching(models=BASE_MODELS), Tape()
    made = fold_all(fold, [tape.retrain(), tape.retrain()])
    assert [each.n for each in made] == list(range(1, 9))
    assert all(each.intact() and each.role == "watcher" for each in made)
    assert all(after.prev == before.hash for before, after in pairwise(made))


def test_a_decision_happens_at_the_event_clock() -> None:
    fold, tape = watching(), Tape()
    fold.apply(tick(5 * HOUR))
    assert fold.apply(replace(tape.retrain(), at=99 * DAY))[0].at == 5 * HOUR


def test_duplicates_change_nothing() -> None:
    once, twice, tape = watching(), watching(), Tape()
    events = [tape.regime(1, "calm"), *wrong(tape, HOUR, 5), tape.retrain(), tape.regime(9 * HOUR, "wild")]
    doubled = [event for event in events for _ in range(2)]
    expected = [each.canonical() for each in fold_all(once, events)]
    assert [each.canonical() for each in fold_all(twice, doubled + events)] == expected
    assert twice.intake.duplicates == 2 * len(events)
    assert {**twice.state(), "intake": None} == {**once.state(), "intake": None}


def test_an_outcome_of_an_unknown_prediction_is_refused_by_name() -> None:
    fold, tape = watching(), Tape()
    made = tape.predict(1)
    with pytest.raises(MalformedEvent, match="outcome t-1 is of prediction t-0, which is unknown"):
        fold.apply(tape.outcome(made, 2, 1.0))


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300])
def test_an_impossible_number_is_refused_and_counts_nowhere(value: float) -> None:
    fold, tape = watching(), Tape()
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.predict(1, value))
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.predict(1, naive=value))
    good = tape.predict(1)
    fold.apply(good)
    with pytest.raises(MalformedEvent, match="out of range"):
        fold.apply(tape.outcome(good, 2, value))
    assert (fold.join.predictions, fold.join.joined) == (1, 0)


def test_a_model_type_outside_the_policy_is_joined_but_never_retrained() -> None:
    fold, tape = watching(), Tape()
    fold_all(fold, tape.pair(HOUR, 3.0, 1.0, model_type="nhits"))
    assert fold.health.window("nhits", "naive").mae == 2.0
    other: list[Event] = [tape.moved("v1", model="nhits"), tape.candidate("v1", model="nhits")]
    assert fold_all(fold, other) == []
    assert set(fold.memory) == {ModelType.XGBOOST}


def test_the_start_of_a_run_changes_nothing() -> None:
    fold, tape = watching(), Tape()
    fold.apply(tape.retrain())
    started = Run(p="r", n=0, at=0, run="watcher-1", model_type="xgboost", cause="", phase="started")
    before = fold.memory[ModelType.XGBOOST].state()
    assert fold.apply(started) == []
    assert fold.memory[ModelType.XGBOOST].state() == before


@pytest.mark.parametrize("changes", [{"evaluation": None}, {"evaluation": {"rmse": 1.0}}, {"version": None}])
def test_a_candidate_without_its_evaluation_is_refused_and_its_run_stays_open(
    changes: dict[str, Any],
) -> None:
    fold, tape = watching(), Tape()
    fold.apply(tape.retrain())
    with pytest.raises(MalformedEvent):
        fold.apply(replace(tape.candidate("v1"), **changes))
    assert fold.memory[ModelType.XGBOOST].open_run == "watcher-1"


def test_what_is_due_is_told_without_deciding_it() -> None:
    fold, tape = watching(retrain_interval_days=7.0), Tape()
    served(fold, tape)
    fold_all(fold, tape.pair(8 * DAY, 1.0, 1.0))
    assert fold.due(ModelType.XGBOOST) is RetrainTrigger.TIME
    assert fold.due(ModelType.XGBOOST) is RetrainTrigger.TIME  # asking changed nothing
    fold.apply(tape.retrain())
    assert fold.due(ModelType.XGBOOST) is None  # a run is open


def test_a_saved_model_type_that_the_policy_dropped_is_not_taken_up() -> None:
    both = watching(models=(ModelType.XGBOOST, ModelType.NHITS))
    fold = watching()
    fold.restore(both.state())
    assert set(fold.memory) == {ModelType.XGBOOST}
