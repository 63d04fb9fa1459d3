"""Under policy ``sequential`` a trial is a duel: it ends as soon as it knows, at the level it was given."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import msgpack
import pytest

from clm.decisions.candidate import shadow_from
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.shadow import ShadowFold
from clm.events import DAY, Verdict, tick
from clm.steps.shadowing import announce
from tests.unit.decisions.sparring import POLICY, SCOPE, Ring, kinds
from tests.unit.decisions.stream import Tape, evaluated, fold_all, told


def fought(worth: float, rounds: int, **settings: Any) -> tuple[ShadowFold, list[Any]]:
    ring = Ring(worth)
    fold = ring.fold(**settings)
    return fold, fold_all(fold, [ring.candidate(), *ring.rounds(rounds)])


def test_a_better_candidate_is_promoted_as_soon_as_that_is_known() -> None:
    _, made = fought(0.9, 2000)
    assert told(made) == [("promote", "v2")]
    assert 36 <= made[0].counts["pairs"] < 2000
    assert (made[0].rule, made[0].policy) == ("sequential-shadow-1", "sequential")
    assert made[0].reason.startswith("better: MAE ")


def test_a_worse_candidate_is_given_up_long_before_the_end() -> None:
    _, made = fought(1.05, 2000)
    assert told(made) == [("reject", "v2")]
    assert made[0].evidence["shadow"]["decided_by"] == "futile"
    assert made[0].limit == pytest.approx(math.log(10))  # futility 0.1


def test_the_verdict_tells_level_evidence_and_effective_pairs() -> None:
    made = fought(0.9, 2000)[1][0]
    shadow = shadow_from(made.evidence["shadow"])
    assert (shadow.level, shadow.decided_by, shadow.events_needed) == (made.level, "better", 0)
    assert made.level == 0.05  # e-LOND: 0.1 / (1 * 2)
    assert made.statistic == shadow.log_e_better
    assert made.limit == pytest.approx(-math.log(made.level * 0.35))  # a third of the level is spent early
    assert shadow.n_effective > 0
    assert (shadow.error_ks_statistic, shadow.error_std_diff) > (0.0, -1.0)  # reported, never asked for


def test_the_receipt_is_enough_to_compute_the_verdict_again() -> None:
    seen = fought(0.9, 2000)[1][0].evidence["duel"]
    assert Duel.restored(DuelRules(**seen["rules"]), seen["state"]).verdict == "better"


def test_an_open_trial_estimates_the_pairs_that_it_still_needs() -> None:
    fold, made = fought(0.95, 40)
    assert made == []
    shown = fold.open[0].trial.result(fold.intake.clock, POLICY)
    assert (shown.complete, shown.recommend_promotion, shown.decided_by) == (False, False, "")
    assert shown.events_needed is not None
    assert shown.reason == f"undecided: about {shown.events_needed} more pairs"


def test_a_trial_ends_undecided_after_its_days_where_no_verdict_is_in_sight() -> None:
    ring = Ring(0.995)
    fold = ring.fold(shadow_max_days=1.0, shadow_min_rows=400)
    made = fold_all(fold, [ring.candidate(), *ring.rounds(300)])  # 300 bars are 25 hours
    assert told(made) == [("reject", "v2")]
    assert made[0].reason.split(":")[0] == "inconclusive at the end"
    assert 288 <= made[0].counts["pairs"] < 300


def test_a_tick_ends_a_trial_whose_days_and_pairs_are_over() -> None:
    ring = Ring(0.995)
    fold = ring.fold(shadow_max_days=1.0, shadow_min_rows=200)
    fold_all(fold, [ring.candidate(), *ring.rounds(250)])
    assert kinds(fold.apply(tick(DAY + 1))) == ["reject"]


def test_each_trial_of_a_type_spends_less_and_a_promotion_earns_more() -> None:
    ring, levels = Ring(1.1), []
    fold = ring.fold()
    for number in range(3):
        made = fold_all(fold, [ring.candidate(f"c{number}"), *ring.rounds(400)])
        levels.append(made[0].level)
    assert levels == sorted(levels, reverse=True)
    winner = Ring(0.8, seed=2, tape=ring.tape, at=ring.at)
    ring.said = winner.said
    won = fold_all(fold, [winner.candidate("c3"), *winner.rounds(400)])
    assert kinds(won) == ["promote"]
    fold.apply(Tape("registry-2").moved("c3", epoch=2))
    number, level = fold.trials.levels.spend("xgboost")
    assert (number, level) == (5, pytest.approx(2 * 0.1 / 30))  # e-LOND: twice what it were without the win


def test_a_trial_that_starts_again_spends_a_new_level_and_learns_its_variance_anew() -> None:
    ring = Ring(0.97)
    fold = ring.fold()
    fold_all(fold, [ring.candidate(), *ring.rounds(40)])
    assert fold.open[0].trial.duel.standing.rows == 40
    assert kinds([*fold.apply(Tape("registry-2").moved("v0", epoch=2))]) == ["restarted"]
    trial = fold.open[0].trial
    assert (trial.terms.number, trial.terms.known) == (2, ())  # the hold-out was beside v1


def test_lord_is_the_other_budget() -> None:
    level = fought(0.9, 2000, shadow_budget="lord")[1][0].level
    assert level == pytest.approx(0.05 * 0.050045, rel=1e-4)  # LORD++: w0 g_1


def test_zero_hours_skip_the_shadow_and_say_so() -> None:
    ring = Ring(0.9)
    gate = {"rows": 2004, "z": 3.0, "squared_z": 1.0, "improvement": 0.05,
            "skill": 0.1, "skill_low": 0.05, "skill_high": 0.15}  # fmt: skip
    made = ring.fold(shadow_test_hours=0.0).apply(ring.candidate(gate=gate))
    assert told(made) == [("promote", "v2")]
    assert made[0].reason.startswith("evaluation only: shadow skipped")
    assert (made[0].statistic, made[0].limit, made[0].rule) == (3.0, 1.28, "sequential-gate-1")


def test_a_forecast_that_is_no_number_ends_the_trial() -> None:
    ring = Ring(0.9)
    fold = ring.fold()
    events = [ring.candidate(), *ring.rounds(50)]
    ring.said[max(ring.said)] = math.nan
    made = fold_all(fold, events)
    assert (kinds(made), made[0].reason[:9]) == (["reject"], "critical:")


def test_a_winner_that_loses_to_naive_is_held_back_until_the_end() -> None:
    ring = Ring(0.9)
    fold = ring.fold(shadow_max_days=1.0, shadow_min_rows=600)
    made = fold_all(fold, [ring.candidate(), *ring.rounds(600, naive=0.001)])
    assert (kinds(made), made[0].counts["pairs"]) == (["reject"], 600)
    assert made[0].reason.startswith("better, but not than the naive forecast")


def test_saved_and_restored_between_any_two_events_it_decides_alike() -> None:
    ring = Ring(0.93)
    events = [ring.candidate(), *ring.rounds(500)]
    whole, broken = ring.fold(), ring.fold()
    unbroken = fold_all(whole, events)
    decisions = []
    for number, event in enumerate(events):
        if number % 97 == 0:
            saved = msgpack.packb(broken.state())
            broken = ShadowFold(SCOPE, POLICY, ring.score)
            broken.restore(msgpack.unpackb(saved, strict_map_key=False))
        decisions += broken.apply(event)
    assert [each.canonical() for each in decisions] == [each.canonical() for each in unbroken]
    assert msgpack.packb(broken.state()) == msgpack.packb(whole.state())


def test_who_is_asked_back_meets_no_gate_and_its_losses_are_told_by_regime() -> None:
    ring = Ring(0.9)
    hopeless = ring.tape.candidate("v2", evaluation=evaluated(skill=-0.5))
    assert told(fold_all(ring.fold(), [hopeless])) == [("reject", "v2")]
    fold = ring.fold()
    made = fold_all(fold, [replace(hopeless, recalled="watcher-9"), ring.tape.regime(ring.at, "calm")])
    made += fold_all(fold, ring.rounds(2000))
    assert told(made) == [("promote", "v2")]
    (event,) = announce(made[0])
    assert isinstance(event, Verdict)
    assert event.losses is not None
    pairs, loss, naive = event.losses["calm"]
    assert (pairs, naive) == (made[0].counts["pairs"], 9.0 * pairs)
    assert loss == pytest.approx(made[0].evidence["shadow"]["candidate_mae"] * pairs)
