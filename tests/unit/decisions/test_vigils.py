"""After a promotion by a trial the replaced version is scored on: a bad successor is left without a hand."""

from __future__ import annotations

import math
from typing import Any

import msgpack
import pytest

from clm.decisions.sequential.probation import Probation
from clm.decisions.shadow import ShadowFold
from clm.errors import CorruptArtifact
from clm.events import DAY, Moved, tick
from tests.unit.decisions.sparring import POLICY, SCOPE, Ring, kinds
from tests.unit.decisions.stream import evaluated, fold_all, told

PAIRS = 300


def moved(to: str, before: str, epoch: int, cause: str, actor: str = "clm") -> Moved:
    return Moved(
        p="registry", n=epoch, at=0, model_type="xgboost", epoch=epoch, from_version=before, to_version=to,
        cause=cause, actor=actor,
    )  # fmt: skip


class Promoted:
    """A fold in which v2 has just replaced v1 by its verdict; in ``ring`` the candidate's role is v1's now.

    Parameters:
        worth: share of v2's error that v1's has from now on; below 1 the new one is worse.
    """

    def __init__(self, worth: float, **settings: Any) -> None:
        first = Ring(0.9)
        self.fold = first.fold(**settings)
        self.fold.vigils.bundles.learn("xgboost", "v1", "sha of v1")
        made = fold_all(self.fold, [first.candidate(), *first.rounds(2000)])
        assert kinds(made) == ["promote"]
        self.verdict = made[0]
        self.ring = Ring(worth, seed=3, tape=first.tape, at=first.at)
        first.said.clear()
        self.ring.said = first.said
        assert self.fold.apply(moved("v2", "v1", 2, self.verdict.id)) == []

    def lives(self, rounds: int, version: str = "v2") -> list[Any]:
        return fold_all(self.fold, self.ring.rounds(rounds, version))


def test_a_worse_successor_is_rolled_back_on_the_evidence_of_both() -> None:
    promoted = Promoted(0.7)
    made = promoted.lives(PAIRS)
    assert told(made) == [("rollback", "v2")]
    found = made[0]
    assert (found.cause, found.rule, found.level) == (promoted.verdict.id, "sequential-probation-1", 0.04)
    assert (found.evidence["before"], found.evidence["epoch"], found.evidence["sha256"]) == (
        "v1",
        2,
        "sha of v1",
    )
    assert found.reason == f"v2 is worse than v1, seen on {found.counts['pairs']} pairs"
    assert found.statistic >= found.limit == pytest.approx(-math.log(0.04))


def test_the_receipt_of_a_rollback_is_enough_to_compute_it_again() -> None:
    seen = Promoted(0.7).lives(PAIRS)[0].evidence
    assert Probation.restored(seen["probation"]).reason == seen["decided_by"] == "duel"


def test_the_trial_has_taught_the_variance_so_that_probation_speaks_at_once() -> None:
    assert Promoted(0.7).lives(PAIRS)[0].counts["pairs"] < 100


def test_without_a_hold_out_the_trial_s_own_pairs_have_taught_it() -> None:
    ring = Ring(0.9)
    fold = ring.fold()
    fold.vigils.bundles.learn("xgboost", "v1", "sha of v1")
    (made,) = fold_all(fold, [ring.candidate(told="nothing"), *ring.rounds(2000)])
    fold.apply(moved("v2", "v1", 2, made.id))
    assert any(fold.vigils.open["xgboost"].probation.state()["duel"])


def test_three_times_the_error_ends_it_after_a_dozen_pairs() -> None:
    made = Promoted(0.25).lives(PAIRS)
    assert (kinds(made), made[0].counts["pairs"]) == (["rollback"], 12)
    assert made[0].reason == "v2 errs several times as much as v1, seen on 12 pairs"


def test_an_equal_successor_passes_after_its_days_and_that_is_recorded() -> None:
    promoted = Promoted(1.0, probation_days=1.0)
    made = promoted.lives(400)
    assert told(made) == [("passed", "v2")]
    assert made[0].reason == "v2 is not worse than v1 on 288 pairs"
    assert promoted.fold.vigils.open == {}


def test_time_alone_ends_a_probation_that_has_pairs_enough() -> None:
    promoted = Promoted(1.0, probation_days=2.0)
    assert promoted.lives(300) == []
    assert kinds(promoted.fold.apply(tick(promoted.ring.at + 2 * DAY))) == ["passed"]


def test_a_slow_stream_is_watched_until_it_has_pairs_enough() -> None:
    promoted = Promoted(1.0, probation_days=2.0)
    promoted.lives(100)
    assert promoted.fold.apply(tick(promoted.ring.at + 2 * DAY)) == []


def test_after_a_rollback_nobody_is_on_probation() -> None:
    promoted = Promoted(0.7)
    (made,) = promoted.lives(PAIRS)
    assert promoted.fold.apply(moved("v1", "v2", 3, made.id)) == []
    assert promoted.lives(PAIRS, "v1") == []
    assert promoted.fold.vigils.open == {}


def test_a_person_s_promotion_is_not_watched() -> None:
    ring = Ring(0.9)
    fold = ring.fold()
    fold_all(fold, [ring.candidate(), *ring.rounds(2000)])
    fold.vigils.bundles.learn("xgboost", "v1", "sha of v1")
    fold.apply(moved("v2", "v1", 2, "operator-1", actor="ops"))
    assert fold.vigils.open == {}


def test_a_rollback_puts_nobody_on_probation_who_won_meanwhile() -> None:
    ring = Ring(0.9)
    fold = ring.fold()
    fold_all(fold, [ring.candidate(), *ring.rounds(2000)])
    fold.vigils.bundles.learn("xgboost", "v1", "sha of v1")
    made = fold.apply(moved("v0", "v1", 2, "shadow-9"))  # the winner v2 has lost its race
    assert (kinds(made), fold.vigils.open) == (["restarted"], {})


def test_a_winner_that_came_by_a_canary_is_watched_too() -> None:
    ring = Ring(0.9)
    fold = ring.fold()
    fold_all(fold, [ring.candidate(), *ring.rounds(2000)])
    fold.vigils.bundles.learn("xgboost", "v1", "sha of v1")
    fold.apply(moved("v2", "v1", 2, "rollout-1"))
    assert list(fold.vigils.open) == ["xgboost"]


def test_a_person_s_move_ends_a_probation() -> None:
    promoted = Promoted(0.7)
    promoted.fold.apply(moved("v0", "v2", 3, "operator-1"))
    assert promoted.fold.vigils.open == {}


@pytest.mark.parametrize("settings", [{"probation_days": 0.0}, {"name": "seed", "shadow_test_hours": 1.0}])
def test_without_probation_nobody_is_watched(settings: dict[str, Any]) -> None:
    ring = Ring(0.8)
    fold = ring.fold(**settings)
    fold.vigils.bundles.learn("xgboost", "v1", "sha of v1")
    (made,) = fold_all(fold, [ring.candidate(), *ring.rounds(600)])
    fold.apply(moved("v2", "v1", 2, made.id))
    assert (made.kind, fold.vigils.open) == ("promote", {})


def test_a_predecessor_whose_bundle_is_unknown_cannot_be_asked() -> None:
    ring = Ring(0.9)
    fold = ring.fold()
    (made,) = fold_all(fold, [ring.candidate(), *ring.rounds(2000)])
    fold.apply(moved("v2", "v1", 2, made.id))
    assert fold.vigils.open == {}


def test_a_predecessor_that_breaks_ends_the_probation_and_says_why() -> None:
    promoted = Promoted(0.7)

    def broken(sha256: str, symbol: str, at: int) -> float | None:
        raise CorruptArtifact("bytes differ")

    promoted.fold.vigils._score = broken
    (made,) = promoted.lives(20)
    assert (made.kind, made.reason) == ("unwatched", "v1 cannot be asked any more: bytes differ")


def test_a_first_model_is_watched_beside_the_naive_forecast_of_the_events() -> None:
    ring = Ring(1.0)
    fold = ShadowFold(SCOPE, POLICY, ring.score)
    first = ring.tape.candidate("v1", evaluation=evaluated(evidence={"skill": {"low": 0.01}}))
    (made,) = fold.apply(first)
    fold.apply(moved("v1", "naive", 1, made.id))
    found = fold_all(fold, ring.rounds(100, naive=0.001))
    assert (told(found), found[0].evidence["before"]) == ([("rollback", "v1")], "naive")


def test_a_predecessor_is_known_however_many_candidates_failed_against_it() -> None:
    ring = Ring(1.0)
    fold = ring.fold(active="naive")
    fold.apply(ring.tape.candidate("v1", evaluation=evaluated(skill=-1.0)))
    fold.apply(moved("v1", "naive", 1, "operator-1"))
    for number in range(70):
        fold.apply(ring.tape.candidate(f"c{number}", evaluation=evaluated(skill=-1.0)))
    names = ("v1", "c5", "c69")
    assert [fold.vigils.bundles.of("xgboost", each) for each in names] == ["sha of v1", None, "sha of c69"]


def test_saved_and_restored_between_any_two_events_it_decides_alike() -> None:
    whole, broken = Promoted(0.9), Promoted(0.9)
    events = whole.ring.rounds(PAIRS, "v2")
    broken.ring.said.update(whole.ring.said)
    decided, fold = fold_all(whole.fold, events), broken.fold
    again = []
    for number, event in enumerate(events):
        if number % 61 == 0:
            saved = msgpack.packb(fold.state())
            fold = ShadowFold(SCOPE, POLICY, broken.ring.score)
            fold.restore(msgpack.unpackb(saved, strict_map_key=False))
        again += fold.apply(event)
    assert [each.canonical() for each in again] == [each.canonical() for each in decided]
    assert msgpack.packb(fold.state()) == msgpack.packb(whole.fold.state())
