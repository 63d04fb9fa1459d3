"""The shadow promotes what is better on the same live outcomes, and rejects the rest with its reason."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from clm.decisions.shadow import ShadowFold
from clm.errors import (
    ConfigurationError,
    CorruptArtifact,
    MalformedEvent,
    MissingFeatures,
    MissingLibrary,
    RefusedByServer,
    UnreachableServer,
)
from clm.events import HOUR, tick
from clm.policy import SEED, Policy
from clm.scope import Scope
from tests.unit.decisions.shadowing import (
    breaks,
    evidence,
    live,
    says,
    shadowing,
    trial_of,
)
from tests.unit.decisions.stream import Tape, evaluated, fold_all, told


def test_the_first_version_ever_is_promoted_without_a_shadow() -> None:
    fold = ShadowFold(Scope(), Policy(name=SEED), says(None))
    made = fold.apply(Tape().candidate("v1"))
    assert told(made) == [("promote", "v1")]
    assert (made[0].reason, made[0].rule, made[0].cause) == ("bootstrap", "seed-promotion-1", "watcher-1")


def test_after_a_rollback_to_naive_a_candidate_is_shadowed_against_it() -> None:
    fold, tape = shadowing(), Tape()
    fold.apply(tape.moved("naive", epoch=2))
    assert fold.apply(tape.candidate("v2")) == []
    assert trial_of(fold, "v2").active == "naive"


def test_a_move_to_naive_is_no_trained_version() -> None:
    fold = ShadowFold(Scope(), Policy(name=SEED), says(None))
    fold.apply(Tape("registry").moved("naive"))
    assert told(fold.apply(Tape().candidate("v1"))) == [("promote", "v1")]


def test_bootstrap_is_told_by_model_type() -> None:
    fold, tape = shadowing(), Tape()
    assert fold.apply(tape.candidate("v2")) == []
    assert told(fold.apply(tape.candidate("n1", model="nhits"))) == [("promote", "n1")]


@pytest.mark.parametrize("skill", [0.0, -0.1, math.nan])
def test_nothing_is_promoted_without_skill_over_naive(skill: float) -> None:
    for fold in (shadowing(), ShadowFold(Scope(), Policy(name=SEED), says(1.5))):
        made = fold.apply(Tape().candidate("v2", evaluation=evaluated(skill=skill)))
        assert told(made) == [("reject", "v2")]
        assert "no skill over naive" in made[0].reason


def test_without_improvement_on_the_hold_out_there_is_no_shadow() -> None:
    fold = shadowing()
    made = fold.apply(Tape().candidate("v2", evaluation=evaluated(vs_active_rmse_delta=-0.01)))
    assert (told(made), fold.ring.bouts) == ([("reject", "v2")], [])
    assert (made[0].statistic, made[0].limit) == (-0.01, -0.02)


def test_a_shadow_of_zero_hours_is_skipped() -> None:
    made = shadowing(shadow_test_hours=0.0).apply(Tape().candidate("v2"))
    assert (told(made), made[0].reason) == ([("promote", "v2")], "evaluation only: shadow skipped")


def test_an_announcement_without_its_evaluation_is_refused() -> None:
    event = replace(Tape().candidate("v2"), evaluation={"model_type": "xgboost"})
    with pytest.raises(MalformedEvent, match="EvaluationResult cannot be read"):
        shadowing().apply(event)


def test_a_better_candidate_is_promoted_with_its_evidence() -> None:
    fold, tape = shadowing(), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 3)])
    assert told(made) == [("promote", "v2")]
    assert (evidence(made[0])["candidate_mae"], evidence(made[0])["active_mae"]) == (0.5, 1.0)
    assert (made[0].statistic, made[0].limit) == (-0.5, 0.0)  # 0.5 / 1 - 1
    assert made[0].counts == {"pairs": 2, "effective": 2, "unscored": 0}
    assert (made[0].rule, made[0].evidence["epoch"]) == ("seed-shadow-1", 1)


def test_a_worse_candidate_is_rejected_as_soon_as_the_evidence_suffices() -> None:
    fold, tape = shadowing(says(0.5)), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 9)])
    assert (told(made), made[0].counts["pairs"]) == ([("reject", "v2")], 2)
    assert made[0].reason == "not better: MAE 1.5 against 1 of v1 over 2 pairs"


@pytest.mark.parametrize(
    ("settings", "pairs"),
    [({"shadow_test_hours": 5.0}, 5), ({"min_effective_outcomes": 7}, 7), ({}, 2)],
)
def test_a_shadow_takes_its_hours_and_its_effective_outcomes(settings: dict[str, Any], pairs: int) -> None:
    fold, tape = shadowing(**settings), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 12)])  # one pair an hour from 1:00
    assert (told(made), made[0].counts["pairs"]) == ([("promote", "v2")], pairs)


def test_outcomes_of_overlapping_horizons_count_once_per_horizon() -> None:
    fold, tape = shadowing(), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 24, horizon=6)])
    assert made[0].counts == {"pairs": 12, "effective": 2, "unscored": 0}  # 12 // 6


def test_a_tick_ends_a_trial_whose_hours_have_passed() -> None:
    fold, tape = shadowing(shadow_test_hours=10.0), Tape()
    assert fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 3), tick(9 * HOUR)]) == []
    assert told(fold.apply(tick(10 * HOUR))) == [("promote", "v2")]


def test_hours_alone_prove_nothing() -> None:
    fold, tape = shadowing(), Tape()
    assert fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 1), tick(999 * HOUR)]) == []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_forecast_that_is_no_number_rejects_as_critical(value: float) -> None:
    fold, tape = shadowing(says(value)), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 1)])
    assert told(made) == [("reject", "v2")]
    assert made[0].reason == f"critical: forecast {value} of A at 1970-01-01 01:00"


@pytest.mark.parametrize("error", [CorruptArtifact("bytes differ"), MissingFeatures("lacks x9")])
def test_a_bundle_that_cannot_be_used_rejects_as_critical(error: Exception) -> None:
    fold, tape = shadowing(breaks(error)), Tape()
    made = fold_all(fold, [tape.candidate("v2"), *live(tape, HOUR, 2)])
    assert (told(made), made[0].reason) == ([("reject", "v2")], f"critical: {error}")


@pytest.mark.parametrize(
    "error", [UnreachableServer("gone"), RefusedByServer("rights"), MissingLibrary("torch")]
)
def test_what_the_process_lacks_rejects_nobody(error: Exception) -> None:
    fold, tape = shadowing(breaks(error)), Tape()
    fold.apply(tape.candidate("v2"))
    with pytest.raises(type(error)):
        fold_all(fold, live(tape, HOUR, 1))
    assert [bout.candidate.version for bout in fold.open] == ["v2"]


class Blockwise:
    """A scorer that asks its models for a multiple of so many windows."""

    def __init__(self, multiple: int) -> None:
        self.multiple = multiple

    def __call__(self, sha256: str, symbol: str, at: int) -> float:
        return 1.5


def test_a_trial_goes_on_only_where_its_forecasts_have_the_same_bits() -> None:
    begun = shadowing(Blockwise(8))
    begun.apply(Tape().candidate("v2"))
    shadowing(Blockwise(8)).restore(begun.state())
    with pytest.raises(ConfigurationError, match=r"v2 was scored in multiples of 8 .* multiples of 16"):
        shadowing(Blockwise(16)).restore(begun.state())


def test_who_has_no_trial_may_score_in_other_multiples() -> None:
    shadowing(Blockwise(16)).restore(shadowing(Blockwise(8)).state())
