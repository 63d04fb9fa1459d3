"""Which bundles may go: retired ones that nothing could return to, the oldest of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clm.decisions.keeping import spare, surplus
from clm.decisions.route import Route
from clm.model import ModelArtifact, ModelStatus
from tests.contract.test_registry import artifact

ROUTE = Route(epoch=3, active="A", since=2, canary="B", share=0.1)


def retired(version: str) -> ModelArtifact:
    return replace(artifact(version), status=ModelStatus.RETIRED)


@pytest.mark.parametrize("version", ["A", "B", "C"])
def test_what_serves_or_could_serve_again_is_needed(version: str) -> None:
    assert not spare(retired(version), ROUTE, ("naive", "C"))


@pytest.mark.parametrize("status", [ModelStatus.CANDIDATE, ModelStatus.SHADOW, ModelStatus.ACTIVE])
def test_what_is_on_its_way_is_needed(status: ModelStatus) -> None:
    assert not spare(replace(artifact("D"), status=status), ROUTE, ())


def test_the_newest_retired_versions_stay() -> None:
    newest_first = [artifact("I"), *(retired(version) for version in "HGFED")]
    newest_first[4] = replace(newest_first[4], released=True)
    assert [each.version for each in surplus(newest_first, keep=2)] == ["F", "D"]
