"""A retrain is due from the watcher's decision until its run shows in the record."""

from __future__ import annotations

from clm.events import DAY, HOUR, Event, Run, tick
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy
from clm.scope import Scope
from clm.steps.due import Watched, watched
from tests.unit.decisions.stream import Tape

XGB = ModelType.XGBOOST
POLICY = Policy(models=(XGB,), training_lookback_days=1)
FIRST = [*Tape().pair(0, 1.0, 2.0), tick(DAY)]
"""Bars since the beginning, and then a day has passed: enough for a first training."""


def seen(events: list[Event]) -> Watched:
    return watched(events, Scope(), POLICY)


def test_nothing_is_due_before_the_deciding_entry() -> None:
    assert seen([]).due == seen(FIRST[:-1]).due == {}


def test_a_retrain_is_due_from_its_decision_on() -> None:
    assert seen(FIRST).due == {XGB: RetrainTrigger.TIME}
    assert seen([*FIRST, tick(DAY + HOUR)]).due == {XGB: RetrainTrigger.TIME}


def test_a_retrain_is_due_no_longer_when_its_run_is_under_way() -> None:
    started = Run(p="r", n=0, at=DAY, run="watcher-1", model_type="xgboost", cause="", phase="started")
    assert seen([*FIRST, started]).due == {}


def test_a_malformed_event_is_passed_over() -> None:
    assert seen([Tape("ops").retrain(action="explode"), *FIRST]).due == {XGB: RetrainTrigger.TIME}


def test_the_changes_of_regime_are_told_for_the_frame() -> None:
    assert [list(each) for each in seen([Tape().regime(5, "calm")]).regimes] == [[5, "calm"]]
