"""A verdict is announced with its decision, and shows in the registry's statuses."""

from __future__ import annotations

from typing import Any

import pytest

from clm.decisions.shadow import ABORTED, RESTARTED
from clm.events import Verdict
from clm.model import ModelStatus, ModelType
from clm.records import Decision
from clm.scope import Scope
from clm.steps.shadowing import Standing, announce
from tests.unit.decisions.shadowing import shadowing
from tests.unit.decisions.stream import Tape
from tests.unit.steps.artifacts import artifact
from worker import bootstrap
from worker.stage import Stage

XGBOOST = ModelType.XGBOOST


@pytest.fixture
def stage() -> Stage:
    stage = bootstrap.memory_stage(Scope())
    for version in ("v1", "v2", "v3"):
        stage.registry.save_model(artifact(version))
    stage.registry.promote(XGBOOST, "v1")
    return stage


def verdict(kind: str, version: str = "v2") -> Decision:
    return Decision(role="shadow", kind=kind, n=3, at=7, model_type="xgboost", version=version)


def statuses(stage: Stage) -> dict[str, ModelStatus]:
    return {each.version: each.status for each in stage.registry.get_model_history(XGBOOST)}


def in_shadow(stage: Stage, *versions: str) -> Standing:
    """The standing of a shadow in which some versions are being scored."""
    fold, tape = shadowing(), Tape()
    for version in versions:
        assert fold.apply(tape.candidate(version)) == []
    return Standing(fold, stage.registry)


@pytest.mark.parametrize("kind", ["promote", "reject", ABORTED])
def test_the_end_of_a_trial_is_announced_as_a_verdict_that_names_its_decision(kind: str) -> None:
    assert announce(verdict(kind)) == (
        Verdict(p="shadow", n=3, at=7, model_type="xgboost", version="v2", result=kind, decision="shadow-3"),
    )


def test_a_trial_that_begins_again_is_not_announced() -> None:
    assert announce(verdict(RESTARTED)) == ()


@pytest.mark.parametrize("kind", ["rollback", "passed", "unwatched"])
def test_the_end_of_a_probation_is_no_verdict(kind: str) -> None:
    assert announce(verdict(kind)) == ()


def test_a_candidate_that_is_being_scored_is_shown_in_shadow(stage: Stage) -> None:
    in_shadow(stage, "v2", "v3")([])
    assert statuses(stage) == {
        "v1": ModelStatus.ACTIVE, "v2": ModelStatus.SHADOW, "v3": ModelStatus.SHADOW,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["reject", ABORTED])
def test_a_candidate_that_left_in_vain_is_retired_and_kept(stage: Stage, kind: str) -> None:
    in_shadow(stage)([verdict(kind)])
    assert statuses(stage)["v2"] is ModelStatus.RETIRED


@pytest.mark.parametrize("kind", ["promote", RESTARTED])
def test_a_candidate_that_won_or_begins_again_is_not_retired(stage: Stage, kind: str) -> None:
    in_shadow(stage, "v2")([verdict(kind)])
    assert statuses(stage)["v2"] is ModelStatus.SHADOW


def test_bringing_the_statuses_up_to_date_twice_changes_nothing(stage: Stage) -> None:
    decisions: list[Any] = [verdict("reject", "v3")]
    standing = in_shadow(stage, "v2")
    standing(decisions)
    before = statuses(stage)
    standing(decisions)
    in_shadow(stage, "v2")(decisions)  # another process, after a crash
    assert statuses(stage) == before


def test_a_version_that_an_operator_made_active_keeps_its_status(stage: Stage) -> None:
    stage.registry.promote(XGBOOST, "v2")
    in_shadow(stage, "v2")([verdict("reject")])
    assert statuses(stage)["v2"] is ModelStatus.ACTIVE
