"""The hold-out counts in the trial of the fit that was evaluated on it; the fit on all rows has to follow."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from clm.decisions.shadow import ShadowFold
from clm.errors import CorruptArtifact
from clm.events import Event
from tests.unit.decisions.sparring import POLICY, SCOPE, Ring, kinds
from tests.unit.decisions.stream import Tape, fold_all

EVALUATED = "sha of the evaluated fit"
FAILED = {
    "rows": 2000, "z": 0.0, "squared_z": 0.0, "improvement": 0.0,
    "skill": 0.1, "skill_low": 0.05, "skill_high": 0.15,
}  # fmt: skip


class Pair(Ring):
    """A candidate of two fits; the one on all rows says ``refit`` times what the evaluated one says."""

    refit = 1.0

    def score(self, sha256: str, symbol: str, at: int) -> float | None:
        value = super().score(sha256, symbol, at)
        return value if value is None or sha256 == EVALUATED else self.refit * value

    def announced(self, version: str = "v2", **more: Any) -> Event:
        duel = {**self.taught()["duel"], "evaluated": EVALUATED}
        return self.candidate(version, duel=duel, **more)


def test_a_clearly_better_candidate_waits_only_for_its_refit_to_follow() -> None:
    pair = Pair(0.9)
    fold = pair.fold()
    made = fold_all(fold, [pair.announced(), *pair.rounds(200)])
    assert (kinds(made), made[0].counts["pairs"]) == (["promote"], 36)
    alone = Ring(0.9)
    waited = fold_all(alone.fold(), [alone.candidate(), *alone.rounds(400)])
    assert waited[0].counts["pairs"] > 2 * 30


def test_the_hold_out_alone_promotes_nobody() -> None:
    pair = Pair(0.7)
    assert fold_all(pair.fold(), [pair.announced(), *pair.rounds(35)]) == []


def test_an_equal_candidate_gets_no_credit_for_being_equal() -> None:
    made = []
    for seed in range(6):
        pair = Pair(1.0, seed=seed)
        made += kinds(fold_all(pair.fold(), [pair.announced(), *pair.rounds(300)]))
    assert "promote" not in made


def test_a_refit_that_is_worse_on_the_same_pairs_is_held_back_until_the_end() -> None:
    pair = Pair(0.8)
    pair.refit = 1.1
    fold = pair.fold(shadow_max_days=1.0, shadow_min_rows=300)
    made = fold_all(fold, [pair.announced(), *pair.rounds(300)])
    assert (kinds(made), made[0].counts["pairs"]) == (["reject"], 300)
    assert made[0].evidence["shadow"]["decided_by"] == "refit"
    assert made[0].evidence["both"][0] == 300


def test_the_level_is_spent_before_the_gate_looks_at_the_hold_out() -> None:
    pair = Pair(0.9)
    fold = pair.fold()
    assert kinds(fold.apply(pair.announced("v2", gate=FAILED))) == ["reject"]
    fold.apply(pair.announced("v3"))
    assert fold.open[0].trial.terms.number == 2
    assert fold.trials.state()["entered"] == []


def test_without_a_kept_fit_there_is_no_credit_and_no_level_before_the_trial() -> None:
    ring = Ring(0.9)
    fold = ring.fold()
    fold.apply(ring.candidate("v2", gate=FAILED))
    fold.apply(ring.candidate("v3"))
    assert (fold.open[0].trial.terms.number, fold.open[0].trial.evaluated) == (1, "")


def test_a_trial_that_starts_again_has_no_credit_left() -> None:
    pair = Pair(0.9)
    fold = pair.fold()
    fold_all(fold, [pair.announced(), *pair.rounds(10)])
    assert fold.open[0].trial.evaluated == EVALUATED
    fold.apply(Tape("registry-2").moved("v0", epoch=2))
    assert (fold.open[0].trial.terms.number, fold.open[0].trial.evaluated) == (2, "")


def test_rows_of_the_hold_out_do_not_shorten_the_trial() -> None:
    pair = Pair(0.99)
    fold = pair.fold()
    fold.apply(pair.announced())
    trial = fold.open[0].trial
    assert trial.terms.rules.horizon - 4032 == trial.duel.standing.rows > 1500


def test_an_evaluated_fit_that_cannot_be_used_ends_the_trial() -> None:
    pair = Pair(0.9)

    def score(sha256: str, symbol: str, at: int) -> float | None:
        if sha256 == EVALUATED:
            raise CorruptArtifact("bytes differ")
        return 0.0

    fold = ShadowFold(SCOPE, POLICY, score)
    fold.apply(Tape("registry").moved("v1"))
    made = fold_all(fold, [pair.announced(), *pair.rounds(3)])
    assert (kinds(made), made[0].reason) == (["reject"], "critical: bytes differ")


@pytest.mark.parametrize("every", [1, 13])
def test_saved_and_restored_between_any_two_events_it_decides_alike(every: int) -> None:
    pair = Pair(0.93)
    events = [pair.announced(), *pair.rounds(60)]
    whole, broken = pair.fold(), pair.fold()
    decided, again = fold_all(whole, events), []
    for number, event in enumerate(events):
        if number % every == 0:
            saved = msgpack.packb(broken.state())
            broken = ShadowFold(SCOPE, POLICY, pair.score)
            broken.restore(msgpack.unpackb(saved, strict_map_key=False))
        again += broken.apply(event)
    assert [each.canonical() for each in again] == [each.canonical() for each in decided]
    assert msgpack.packb(broken.state()) == msgpack.packb(whole.state())
