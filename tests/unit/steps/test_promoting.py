"""A shadow tester that asks is told what the registry and the hold-out know."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from clm.model import ModelArtifact, ModelType
from clm.policy import Policy
from clm.ports import ModelRegistry, ShadowTester
from clm.steps.promoting import Promoter
from tests.unit.steps.artifacts import TRAINED_AT, artifact


def shown(history: list[ModelArtifact]) -> list[bool]:
    """What a tester of v9 is told of a history, newest first."""
    told: list[bool] = []

    def after(promoted: list[bool]) -> Any:
        told.extend(promoted)
        return tester

    tester = SimpleNamespace(after=after, run_shadow_test=lambda *_, **__: None)
    registry = SimpleNamespace(
        get_active=lambda _: None, get_model_history=lambda _type, limit: history[:limit]
    )
    promoter = Promoter(cast(ModelRegistry, registry), Policy())
    promoter.shadow(cast(ShadowTester, tester), artifact("v9", ModelType.XGBOOST))
    return told


def test_a_tester_is_told_which_earlier_candidates_were_promoted_by_a_trial() -> None:
    first = replace(artifact("v1"), activated_at=TRAINED_AT)  # had nobody to win against
    won = replace(artifact("v2"), activated_at=TRAINED_AT, parent="v1")
    lost = replace(artifact("v3"), parent="v2")
    assert shown([artifact("v9"), lost, won, first]) == [False, True, False]
