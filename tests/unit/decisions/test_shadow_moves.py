"""When the comparator moves or a move is refused, the trial starts again at that entry."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clm.decisions.shadow import ShadowFold
from clm.events import HOUR, moment
from clm.policy import Policy
from clm.scope import Scope
from clm.steps.shadowing import announce
from tests.unit.decisions.shadowing import (
    QUICK,
    crowd,
    evidence,
    live,
    says,
    shadowing,
    trial_of,
    versions,
)
from tests.unit.decisions.stream import Tape, fold_all, told


def test_a_trial_whose_comparator_moved_starts_again_at_that_entry() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 1)])
    made = fold.apply(tape.moved("v0", epoch=2))
    assert told(made) == [("restarted", "v2")]
    assert made[0].reason == "xgboost moved to v0: the trial starts again"
    assert evidence(made[0])["live_predictions"] == 1
    trial = trial_of(fold, "v2")
    assert (trial.active, trial.pairs, trial.opened_at) == ("v0", 0, HOUR + 1)


def test_the_new_trial_has_its_own_hours_and_pairs() -> None:
    fold, tape = shadowing(), Tape()
    fold.apply(tape.candidate("v2"))
    waiting = tape.predict(HOUR, version="v1")
    fold_all(fold, [waiting, tape.moved("v0", epoch=2)])
    made = fold_all(fold, [tape.outcome(waiting, 2 * HOUR, 2.0), *live(tape, 2 * HOUR, 9, version="v0")])
    assert (told(made), made[0].counts["pairs"]) == ([("promote", "v2")], 2)
    assert evidence(made[0])["active_version"] == "v0"
    assert made[0].evidence["epoch"] == 2


def test_a_move_of_another_model_type_aborts_nothing() -> None:
    fold, tape = shadowing(), Tape()
    fold.apply(tape.candidate("v2"))
    assert fold.apply(tape.moved("n1", model="nhits")) == []


def test_a_candidate_that_an_operator_promotes_ends_its_trial() -> None:
    fold, tape = shadowing(), Tape()
    made = fold_all(fold, [tape.candidate("v2"), tape.moved("v2", epoch=2)])
    assert (told(made), fold.ring.bouts) == ([("aborted", "v2")], [])
    assert made[0].reason == "promoted by ops before the shadow ended"


def test_its_own_promotion_ends_a_winners_story() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 2)])
    assert fold.apply(tape.moved("v2", epoch=2)) == []
    assert (fold.ring.bouts, fold.ring.won, fold.routes.active("xgboost")) == ([], {}, "v2")


def test_a_winner_whose_move_was_refused_starts_again() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 2)])
    made = fold.apply(tape.refused("v2", epoch=7))
    assert told(made) == [("restarted", "v2")]
    assert made[0].reason == "move refused: epoch is 7: the trial starts again"
    assert (trial_of(fold, "v2").pairs, fold.ring.won) == (0, {})
    again = fold_all(fold, live(tape, 9 * HOUR, 3))
    assert (told(again), again[0].evidence["epoch"]) == ([("promote", "v2")], 7)


def test_a_winner_overtaken_by_another_move_starts_again() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 2)])
    assert told(fold.apply(tape.moved("v0", epoch=2))) == [("restarted", "v2")]
    assert trial_of(fold, "v2").active == "v0"
    assert fold.apply(tape.refused("v2", epoch=2)) == []  # what is left of the lost race


def test_a_bootstrap_whose_move_was_refused_goes_through_the_shadow() -> None:
    fold, tape = ShadowFold(Scope(), Policy(**QUICK), says(1.5)), Tape()
    assert told(fold_all(fold, [tape.candidate("v2"), tape.refused("v2")])) == [
        ("promote", "v2"), ("restarted", "v2"),
    ]  # fmt: skip
    assert trial_of(fold, "v2").active == "naive"


def test_a_winner_that_starts_again_waits_first_in_line_when_its_place_was_given_away() -> None:
    fold, tape = shadowing(max_concurrent_shadows=2), Tape()
    crowd(fold, tape)
    fold_all(fold, [*live(tape, HOUR, 2), tape.refused("v2", epoch=2)])
    assert versions(fold) == ["lightgbm", "nhits"]
    fold_all(fold, live(tape, 9 * HOUR, 2, model_type="lightgbm"))
    assert versions(fold) == ["v2", "nhits"]


@pytest.mark.parametrize(("version", "cause"), [("v9", "shadow-1"), ("v2", "operator-7")])
def test_a_refusal_of_another_move_changes_nothing(version: str, cause: str) -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 2)])
    assert fold.apply(tape.refused(version, cause=cause)) == []
    assert list(fold.ring.won) == ["xgboost"]


def test_a_winner_that_automation_may_not_promote_ends_for_good() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 2)])
    made = fold.apply(tape.refused("v2", epoch=1))  # the epoch that the verdict saw: frozen
    assert told(made) == [("aborted", "v2")]
    assert made[0].reason == "move refused: xgboost is frozen or v2 locked out: move it by hand"
    assert (fold.ring.bouts, fold.ring.won) == ([], {})
    assert fold_all(fold, live(tape, 9 * HOUR, 9)) == []


def test_without_a_shadow_a_lost_race_is_ruled_again_by_the_evaluation() -> None:
    fold, tape = shadowing(shadow_test_hours=0.0), Tape()
    made = fold_all(fold, [tape.candidate("v2"), tape.refused("v2", epoch=7)])
    assert told(made) == [("promote", "v2"), ("promote", "v2")]
    assert [each.evidence["epoch"] for each in made] == [1, 7]
    assert made[1].reason == "move refused: epoch is 7: evaluation only: shadow skipped"
    assert told(fold.apply(tape.refused("v2", epoch=7, cause="shadow-2"))) == [("aborted", "v2")]


def test_only_a_trial_that_ended_is_announced() -> None:
    fold, tape = shadowing(), Tape()
    restarted, promoted, aborted = fold_all(fold, [
        tape.candidate("v2"), tape.moved("v0", epoch=2), *live(tape, HOUR, 3, version="v0"),
        tape.refused("v2", epoch=2, cause="shadow-2"),
    ])  # fmt: skip
    assert announce(restarted) == ()
    assert [each.result for each in (*announce(promoted), *announce(aborted))] == ["promote", "aborted"]


def test_the_verdicts_are_numbered_chained_and_happen_at_the_event_clock() -> None:
    fold, tape = shadowing(), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 2), tape.refused("v2")])
    assert [each.id for each in made] == ["shadow-1", "shadow-2"]
    assert all(each.intact() for each in made)
    assert made[1].prev == made[0].hash
    assert moment(made[0].at) == moment(2 * HOUR + 1)


def test_a_freeze_a_pin_or_a_canarys_step_restarts_no_trial() -> None:
    fold, tape = shadowing(), Tape()
    fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 1)])
    assert fold.apply(replace(tape.moved("v1", epoch=2), change="frozen")) == []
    trial = trial_of(fold, "v2")
    assert (trial.active, trial.pairs, fold.routes.epoch("xgboost")) == ("v1", 1, 2)
