"""A regime that returns asks the version back that was best in it; nothing is trained before that failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgpack
import pytest

from clm.decisions.dry_lookout import DryLookout
from clm.decisions.receipts import receipt
from clm.decisions.watch import WatcherFold
from clm.events import HOUR, Event, Run
from clm.model import ModelType
from clm.policy import Policy
from clm.records import Decision
from clm.scope import Scope
from tests.unit.decisions.evident import memory, served, watching
from tests.unit.decisions.stream import Tape, fold_all, told

STAY = 200
"""Bars of a regime; after 82 it has settled."""


class Story:
    """A version good in calm, then another good in wild, told hour by hour to a watcher."""

    def __init__(self, **settings: Any) -> None:
        given = {
            "decay_between_alarms_days": 1e9,
            "min_effective_outcomes": 30,
            "cooldown_hours": 0.0,
            "regime_memory_days": 60.0,
            **settings,
        }
        self.fold, self.tape, self.hour, self.version = watching(**given), Tape(), 48, "v1"
        self.policy = Policy(name="sequential", **given)
        served(self.fold, self.tape)

    def lives(self, label: str, error: float, bars: int = STAY) -> list[Decision]:
        """So many bars of a regime, in which the active version errs so much; naive errs 1."""
        events: list[Event] = []
        for _ in range(bars):
            at = self.hour * HOUR
            events += [
                self.tape.regime(at, label),
                *self.tape.pair(at, error, 0.0, 1.0, version=self.version),
            ]
            self.hour += 1
        return fold_all(self.fold, events)

    def trained(self, order: Decision, version: str) -> None:
        """A run brings a candidate, which is promoted."""
        announced = self.tape.candidate(version, order.at, order.id)
        assert fold_all(self.fold, [announced, self.tape.moved(version, epoch=2)]) == []
        self.version = version

    def back(self, order: Decision) -> Run:
        """The event by which the version that was asked back becomes a candidate."""
        version = order.evidence["recall"]
        return replace(self.tape.candidate(version, order.at, order.id), recalled=order.id)


def wild_and_calm(story: Story) -> list[Decision]:
    """v1 serves well in calm, v2 is trained in wild and serves well there; calm returns."""
    story.lives("calm", 0.5)
    (order,) = story.lives("wild", 0.9)
    story.trained(order, "v2")
    assert story.lives("wild", 0.4) == []
    return story.lives("calm", 0.8)


@pytest.fixture
def story() -> Story:
    return Story()


def test_the_version_that_was_best_is_asked_back_and_nothing_is_trained(story: Story) -> None:
    (made,) = wild_and_calm(story)
    assert told([made]) == [("recall", "regime_shift")]
    assert (made.evidence["recall"], made.version) == ("v1", "v2")
    assert made.statistic == pytest.approx(0.5)  # of naive's loss, in calm
    assert made.limit == pytest.approx(0.8)  # what v2 loses there
    assert receipt(made, story.policy).faults == ()


def test_the_receipt_shows_another_version_than_the_best_for_a_fault(story: Story) -> None:
    (made,) = wild_and_calm(story)
    seen = {**made.evidence["observation"], "veterans": {"v1": [200, 150.0, 200.0]}}
    bent = replace(made, evidence={**made.evidence, "observation": seen})
    assert any("statistic is" in each for each in receipt(bent, story.policy).faults)


def test_a_winner_of_the_shadow_brings_no_retrain(story: Story) -> None:
    (made,) = wild_and_calm(story)
    assert fold_all(story.fold, [story.back(made), story.tape.moved("v1", epoch=3)]) == []
    story.version = "v1"
    assert story.lives("calm", 0.5) == []
    assert (memory(story.fold).active, memory(story.fold).open_run) == ("v1", None)


def test_after_a_rejection_a_retrain_follows_however_lately_one_was_trained_there(story: Story) -> None:
    (made,) = wild_and_calm(story)
    fold_all(story.fold, [story.back(made), story.tape.verdict("v1")])
    (after,) = story.lives("calm", 0.8)
    assert told([after]) == [("retrain", "regime_shift")]


def test_a_version_that_cannot_be_had_is_followed_by_a_retrain(story: Story) -> None:
    (made,) = wild_and_calm(story)
    fold_all(story.fold, [story.tape.failed(made.id)])
    assert told(story.lives("calm", 0.8)) == [("retrain", "regime_shift")]


def test_nobody_is_asked_back_who_is_locked_out(story: Story) -> None:
    story.lives("calm", 0.5)
    (order,) = story.lives("wild", 0.9)
    story.trained(order, "v2")
    fold_all(story.fold, [replace(story.tape.moved("v2", epoch=3), change="unpinned", locked_out=("v1",))])
    story.lives("wild", 0.4)
    assert "recall" not in {each.kind for each in story.lives("calm", 0.8)}


@pytest.mark.parametrize(
    "settings", [{"regime_recall": False}, {"min_effective_outcomes": 300}, {"shadow_test_hours": 0.0}]
)
def test_nobody_is_asked_back_where_that_is_off_or_too_little_is_known(settings: dict[str, Any]) -> None:
    made = wild_and_calm(Story(**settings))
    assert told(made) == [("retrain", "regime_shift")]


def test_nobody_is_asked_back_who_was_no_better_than_who_serves_or_than_naive() -> None:
    story = Story()
    story.lives("calm", 1.1)  # worse than naive
    (order,) = story.lives("wild", 0.9)
    story.trained(order, "v2")
    story.lives("wild", 0.4)
    assert told(story.lives("calm", 0.8)) == [("retrain", "regime_shift")]


def test_an_open_run_holds_a_recall_back_until_it_ends(story: Story) -> None:
    story.lives("calm", 0.5)
    (order,) = story.lives("wild", 0.9)
    story.trained(order, "v2")
    story.lives("wild", 0.4)
    (asked,) = fold_all(story.fold, [story.tape.retrain("xgboost")])
    held = story.lives("calm", 0.8)
    assert told(held) == [("suppressed", "regime_shift")]
    fold_all(story.fold, [story.tape.failed(asked.id)])
    memory(story.fold).regime = "wild"
    assert told(story.lives("calm", 0.8, 3)) == [("recall", "regime_shift")]


def test_what_a_candidate_did_in_its_shadow_counts_though_it_never_served(story: Story) -> None:
    story.lives("calm", 0.5)
    (order,) = story.lives("wild", 0.9)
    losses = {"calm": [90, 27.0, 90.0], "wild": [90, 89.0, 90.0]}
    rejected = replace(story.tape.verdict("v2"), losses=losses)
    fold_all(story.fold, [story.tape.candidate("v2", order.at, order.id), rejected])
    story.lives("wild", 0.9)
    (made,) = story.lives("calm", 0.8)
    assert (made.kind, made.evidence["recall"], made.statistic) == ("recall", "v2", pytest.approx(0.3))


def test_a_dry_run_asks_back_once_and_takes_that_for_the_answer(story: Story) -> None:
    story.fold = WatcherFold(Scope(), replace(story.policy, models=(ModelType.XGBOOST,)), DryLookout)
    story.lives("calm", 0.5)
    fold_all(story.fold, [story.tape.candidate("v1"), story.tape.moved("v1")])
    story.lives("calm", 0.5)
    (order,) = story.lives("wild", 0.9)
    story.trained(order, "v2")
    story.lives("wild", 0.4)
    (asked,) = story.lives("calm", 0.8)
    assert (asked.kind, asked.evidence["recall"]) == ("recall", "v1")
    assert fold_all(story.fold, [story.back(asked)]) == []  # the acting policy's own
    assert (memory(story.fold).open_run, memory(story.fold).candidates["v1"][1]) == (None, 0.75)


def test_a_restored_watcher_asks_the_same_version_back(story: Story) -> None:
    story.lives("calm", 0.5)
    (order,) = story.lives("wild", 0.9)
    story.trained(order, "v2")
    story.lives("wild", 0.4)
    saved, other = msgpack.packb(story.fold.state()), Story().fold
    other.restore(msgpack.unpackb(saved, strict_map_key=False))
    assert msgpack.packb(other.state()) == saved
    start = story.hour
    live = story.lives("calm", 0.8)
    again = Story()
    again.fold, again.hour, again.version = other, start, "v2"
    again.tape = Tape("other")
    assert [each.evidence["recall"] for each in again.lives("calm", 0.8)] == [live[0].evidence["recall"]]
