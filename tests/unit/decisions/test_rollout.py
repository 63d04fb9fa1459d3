"""A canary goes from share to share by evidence of its own at each, or off every key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clm.decisions.rollout import RolloutFold
from clm.decisions.scorer import Scorer
from clm.errors import CorruptArtifact
from clm.events import HOUR, Event, Moved, tick
from clm.policy import SEED, Policy
from clm.records import Decision
from clm.scope import Scope
from tests.unit.decisions.shadowing import breaks, says
from tests.unit.decisions.stream import Tape, fold_all

POLICY = Policy(name=SEED, canary_shares=(0.1, 0.5), canary_hours=3.0, min_effective_outcomes=4)


class Trial:
    """A fold with v1 active and v2 on its way; outcomes are 2, v1 says 1 and v2 what the scorer says."""

    def __init__(self, score: Scorer | None = None, policy: Policy = POLICY) -> None:
        self.fold, self.tape = RolloutFold(Scope(), policy, score or says(1.5)), Tape()
        self.registry, self.epoch = Tape("registry"), 1
        self.fold.apply(self.tape.candidate("v1"))
        self.fold.apply(self.tape.candidate("v2"))
        self.fold.apply(self.registry.moved("v1", epoch=1))

    def change(self, change: str | None, to: str = "v1", **facts: Any) -> list[Decision]:
        self.epoch += 1
        moved: Moved = replace(self.registry.moved(to, epoch=self.epoch), change=change, **facts)
        return self.fold.apply(moved)

    def begin(self, share: float = 0.1) -> None:
        assert self.change("canary", canary="v2", share=share) == []

    def hours(self, count: int, start: int = 1, version: str = "v1", value: float = 1.0) -> list[Decision]:
        """Hourly pairs that one of the two published."""
        events: list[Event] = []
        for hour in range(start, start + count):
            events += self.tape.pair(hour * HOUR, value + 0.01 * (hour % 3), 2.0, version=version)
        return fold_all(self.fold, events)


def test_a_stage_that_passes_asks_for_the_next_share() -> None:
    trial = Trial()
    trial.begin(0.1)
    (step,) = trial.hours(6)
    assert (step.role, step.kind, step.version, step.rule) == ("rollout", "step", "v2", "stages-1")
    assert (step.evidence["share"], step.evidence["to"], step.evidence["epoch"]) == (0.1, 0.5, 2)
    assert step.counts["pairs"] >= 4


def test_the_last_stage_that_passes_asks_for_all_keys() -> None:
    trial = Trial()
    trial.begin(0.5)
    (done,) = trial.hours(6)
    assert (done.kind, done.evidence["to"]) == ("complete", 1.0)


def test_each_stage_has_hours_and_evidence_of_its_own() -> None:
    trial = Trial()
    trial.begin(0.1)
    trial.hours(6)
    trial.begin(0.5)
    assert trial.hours(3, start=7) == []
    (done,) = trial.hours(2, start=10)
    assert (done.kind, done.counts["pairs"], done.evidence["since"]) == ("complete", 4, 6 * HOUR + 1)


def test_a_canary_that_is_clearly_worse_is_taken_off() -> None:
    trial = Trial(says(-1.0))
    trial.begin(0.5)
    (end,) = trial.hours(6)
    assert (end.kind, end.evidence["to"]) == ("abort", 0.0)
    assert end.statistic is not None
    assert end.statistic < 0.05
    assert end.reason.startswith("worse on 50% of the keys: MAE 3")


def test_evidence_is_paired_whichever_of_the_two_was_published() -> None:
    trial = Trial(says(1.0))
    trial.begin(0.1)
    trial.hours(2, version="v1")
    trial.hours(2, start=3, version="v2", value=1.5)
    stage = trial.fold.stages["xgboost"]
    assert [round(abs(e), 2) for e in stage.canary_errors] == [1.0, 1.0, 0.5, 0.49]
    assert [round(abs(e), 2) for e in stage.active_errors] == [0.99, 0.98, 1.0, 1.0]


def test_beside_the_naive_forecast_its_own_value_is_taken() -> None:
    trial = Trial()
    trial.change(None, to="naive")
    trial.epoch += 1
    trial.change("canary", to="naive", canary="v2", share=0.1)
    fold_all(trial.fold, trial.tape.pair(HOUR, 1.5, 2.0, naive=0.5, version="v2"))
    assert list(trial.fold.stages["xgboost"].active_errors) == [-1.5]


def test_a_decision_is_made_once_and_waits_for_its_move() -> None:
    trial = Trial()
    trial.begin(0.1)
    assert len(trial.hours(30)) == 1


def test_a_lost_race_is_tried_again_and_a_closed_route_waits_until_it_is_open() -> None:
    trial = Trial()
    trial.begin(0.1)
    (first,) = trial.hours(6)
    trial.fold.apply(trial.tape.refused("v2", epoch=3, cause=first.id))  # a stale epoch
    (again,) = trial.hours(1, start=7)
    assert (again.id, again.evidence["epoch"]) == ("rollout-2", 3)
    trial.epoch = 3
    trial.fold.apply(trial.tape.refused("v2", epoch=3, cause=again.id))  # frozen
    assert trial.hours(3, start=8) == []
    trial.change("resumed")
    (third,) = trial.hours(1, start=12)
    assert (third.id, third.evidence["epoch"]) == ("rollout-3", 4)


@pytest.mark.parametrize(
    "end", [{"change": "canary_aborted", "canary": "v2", "share": 0.0}, {"change": None, "to": "v2"}]
)
def test_a_stage_ends_with_its_canary(end: dict[str, Any]) -> None:
    trial = Trial()
    trial.begin(0.1)
    trial.change(**end)
    assert trial.fold.stages == {}
    assert trial.hours(9) == []


def test_a_canary_that_cannot_be_used_is_taken_off_at_once() -> None:
    trial = Trial(breaks(CorruptArtifact("its file is gone")))
    trial.begin(0.1)
    (end,) = trial.hours(1)
    assert (end.kind, end.reason) == ("abort", "critical: its file is gone")


def test_a_tick_ends_a_stage_whose_evidence_waited_for_the_hours() -> None:
    trial = Trial(policy=replace(POLICY, canary_hours=24.0))
    trial.begin(0.1)
    assert trial.hours(6) == []
    (step,) = trial.fold.apply(tick(25 * HOUR))
    assert step.kind == "step"


def test_a_saved_state_goes_on_where_it_was() -> None:
    trial, other = Trial(), Trial()
    trial.begin(0.1)
    trial.hours(3)
    again = RolloutFold(Scope(), POLICY, says(1.5))
    again.restore(trial.fold.state())
    other.fold, other.tape = again, trial.tape
    unbroken = Trial()
    unbroken.begin(0.1)
    unbroken.hours(3)
    assert other.hours(3, start=4) == unbroken.hours(3, start=4)
    assert again.state() == unbroken.fold.state()
