"""A canary goes from share to share by evidence of its own at each, or off every key."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from unittest.mock import ANY

import pytest

from clm.decisions.rollout import RolloutFold
from clm.decisions.scorer import Scorer
from clm.errors import CorruptArtifact
from clm.events import HOUR, Event, Moved, tick
from clm.policy import SEED, Policy
from clm.records import Decision
from clm.scope import Scope
from tests.unit.decisions.shadowing import breaks, says
from tests.unit.decisions.sparring import SCOPE, Ring
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
    (step,) = trial.hours(14)
    assert (step.role, step.kind, step.version, step.rule) == ("rollout", "step", "v2", "stages-2")
    assert (step.evidence["share"], step.evidence["to"], step.evidence["epoch"]) == (0.1, 0.5, 2)
    assert step.counts["pairs"] >= 4


def test_the_last_stage_that_passes_asks_for_all_keys() -> None:
    trial = Trial()
    trial.begin(0.5)
    (done,) = trial.hours(14)
    assert (done.kind, done.evidence["to"]) == ("complete", 1.0)


def test_each_stage_has_hours_and_evidence_of_its_own() -> None:
    trial = Trial()
    trial.begin(0.1)
    trial.hours(14)
    trial.begin(0.5)
    assert trial.hours(12, start=15) == []
    (done,) = trial.hours(2, start=27)
    assert (done.kind, done.counts["pairs"], done.evidence["since"]) == ("complete", 13, 14 * HOUR + 1)


def test_a_canary_that_is_clearly_worse_is_taken_off() -> None:
    trial = Trial(says(-0.5))
    trial.begin(0.5)
    (end,) = trial.hours(20)
    assert (end.kind, end.evidence["to"], end.evidence["decided_by"]) == ("abort", 0.0, "wager")
    assert (end.limit, end.level) == (pytest.approx(math.log(100)), 0.05)
    assert (end.statistic or 0.0) > math.log(100)
    assert end.reason.startswith("worse on 50% of the keys: MAE 2.5 against 0.9")


def test_harm_ends_a_stage_at_once_and_not_after_its_hours() -> None:
    trial = Trial(says(-0.5), replace(POLICY, canary_hours=48.0))
    trial.begin(0.1)
    (end,) = trial.hours(40)
    assert (end.kind, end.counts["pairs"]) == ("abort", 12)


def test_three_times_the_error_ends_it_after_a_dozen_pairs() -> None:
    trial = Trial(says(-1.2), replace(POLICY, min_effective_outcomes=100))
    trial.begin(0.1)
    (end,) = trial.hours(40)
    assert (end.evidence["decided_by"], end.counts["pairs"]) == ("guard", 12)


def test_harm_that_is_small_but_steady_is_found_by_a_last_look() -> None:
    trial = Trial(lambda *event: 0.93 if event[-1] // HOUR % 4 else 1.04)  # worse by .06, or better by .05
    trial.begin(0.1)
    (end,) = trial.hours(20)
    assert (end.kind, end.evidence["decided_by"], end.limit) == ("abort", "look", 0.03)
    assert (end.statistic or 1.0) < 0.03


def test_no_stage_passes_before_harm_could_have_been_seen() -> None:
    trial = Trial()
    trial.begin(0.1)
    assert trial.hours(12) == []
    assert [each.kind for each in trial.hours(1, start=13)] == ["step"]


def test_evidence_is_paired_whichever_of_the_two_was_published() -> None:
    trial = Trial(says(1.0))
    trial.begin(0.1)
    trial.hours(2, version="v1")
    trial.hours(2, start=3, version="v2", value=1.5)
    mine, theirs = trial.fold.stages["xgboost"].losses
    assert mine == pytest.approx(1.0 + 1.0 + 0.5 + 0.49)
    assert theirs == pytest.approx(0.99 + 0.98 + 1.0 + 1.0)


def test_beside_the_naive_forecast_its_own_value_is_taken() -> None:
    trial = Trial()
    trial.change(None, to="naive")
    trial.epoch += 1
    trial.change("canary", to="naive", canary="v2", share=0.1)
    fold_all(trial.fold, trial.tape.pair(HOUR, 1.5, 2.0, naive=0.5, version="v2"))
    assert trial.fold.stages["xgboost"].losses == [0.5, 1.5]


def test_a_decision_is_made_once_and_waits_for_its_move() -> None:
    trial = Trial()
    trial.begin(0.1)
    assert len(trial.hours(30)) == 1


def test_a_lost_race_is_tried_again_and_a_closed_route_waits_until_it_is_open() -> None:
    trial = Trial()
    trial.begin(0.1)
    (first,) = trial.hours(14)
    trial.fold.apply(trial.tape.refused("v2", epoch=3, cause=first.id))  # a stale epoch
    (again,) = trial.hours(1, start=15)
    assert (again.id, again.evidence["epoch"]) == ("rollout-2", 3)
    trial.epoch = 3
    trial.fold.apply(trial.tape.refused("v2", epoch=3, cause=again.id))  # frozen
    assert trial.hours(3, start=16) == []
    trial.change("resumed")
    (third,) = trial.hours(1, start=19)
    assert (third.id, third.evidence["epoch"]) == ("rollout-3", 4)


@pytest.mark.parametrize(
    "end", [{"change": "canary_aborted", "canary": "v2", "share": 0.0}, {"change": None, "to": "v2"}]
)
def test_a_stage_ends_with_its_canary(end: dict[str, Any]) -> None:
    trial = Trial()
    trial.begin(0.1)
    trial.change(**end)
    assert trial.fold.stages == {}
    assert trial.hours(14) == []


def test_a_canary_that_cannot_be_used_is_taken_off_at_once() -> None:
    trial = Trial(breaks(CorruptArtifact("its file is gone")))
    trial.begin(0.1)
    (end,) = trial.hours(1)
    assert (end.kind, end.reason) == ("abort", "critical: its file is gone")


def test_a_tick_ends_a_stage_whose_evidence_waited_for_the_hours() -> None:
    trial = Trial(policy=replace(POLICY, canary_hours=24.0))
    trial.begin(0.1)
    assert trial.hours(14) == []
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
    assert other.hours(11, start=4) == unbroken.hours(11, start=4) != []
    assert again.state() == unbroken.fold.state()


class Duelling:
    """A canary of known worth on five-minute bars, whose hold-out has taught the variance; it passes never.

    Parameters:
        worth: share of the active version's error that the canary's has; above 1 it is worse.
    """

    def __init__(self, worth: float, told: str = "duel") -> None:
        self.ring = Ring(worth)
        policy = Policy(canary_shares=(0.1, 0.5), canary_hours=10_000.0)
        self.fold = RolloutFold(SCOPE, policy, self.ring.score)
        taught = self.ring.taught() if told == "duel" else {"skill": {}}
        self.fold.apply(self.ring.tape.candidate("v1"))
        self.fold.apply(self.ring.candidate("v2", **taught))
        self.registry = Tape("registry")
        self.fold.apply(self.registry.moved("v1", epoch=1))
        self.epoch = 1

    def step(self, share: float) -> None:
        self.epoch += 1
        moved = self.registry.moved("v1", epoch=self.epoch)
        self.fold.apply(replace(moved, change="canary", canary="v2", share=share))

    def ends_after(self, rows: int) -> tuple[int, str]:
        (end,) = fold_all(self.fold, self.ring.rounds(rows))
        return end.counts["pairs"], end.evidence["decided_by"]


def test_a_canary_that_is_worse_is_found_by_the_variance_that_its_hold_out_taught() -> None:
    duelling = Duelling(1.3)
    duelling.step(0.1)
    pairs, by = duelling.ends_after(100)
    assert (pairs < 60, by) == (True, "duel")


def test_a_later_stage_knows_what_an_earlier_one_taught_and_begins_without_its_evidence() -> None:
    duelling = Duelling(1.0, told="nothing")
    duelling.step(0.1)
    assert fold_all(duelling.fold, duelling.ring.rounds(500)) == []
    assert duelling.fold.stages["xgboost"].probation.standing.rows == 500 - 96 - 288
    duelling.step(0.5)
    assert duelling.fold.stages["xgboost"].probation.standing.rows == 0
    duelling.ring.worth = 1.3
    pairs, by = duelling.ends_after(100)
    assert (pairs < 60, by) == (True, "duel")


def test_a_rejected_candidate_s_lesson_is_forgotten() -> None:
    duelling = Duelling(1.0)
    assert duelling.fold.state()["lessons"] == {"xgboost": [["v2", ANY]]}
    duelling.fold.apply(duelling.ring.tape.verdict("v2", "reject"))
    assert duelling.fold.state()["lessons"] == {"xgboost": []}
