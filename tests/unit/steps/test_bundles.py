"""Old bundles go, and never one that may be served again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clm.errors import CorruptArtifact
from clm.steps.bundles import BundleKeeper
from clm.store.artifact_store import MemoryArtifactStore
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.registry import RouteRegistry
from tests.contract.test_registry import XGB, artifact


@pytest.fixture
def registry() -> RouteRegistry:
    return RouteRegistry(MemoryKeyspace(), Keys("default"))


@pytest.fixture
def artifacts() -> MemoryArtifactStore:
    return MemoryArtifactStore()


def shelve(registry: RouteRegistry, artifacts: MemoryArtifactStore, versions: str, data: bytes = b"") -> None:
    for version in versions:
        sha256 = artifacts.put(data or version.encode())
        registry.save_model(replace(artifact(version), sha256=sha256))


def test_the_oldest_retired_bundle_goes_and_its_record_stays(
    registry: RouteRegistry, artifacts: MemoryArtifactStore
) -> None:
    shelve(registry, artifacts, "ABC")
    for version in "AB":
        registry.retire(XGB, version)
    keeper = BundleKeeper(registry, artifacts, [XGB], keep=1)
    assert [each.version for each in keeper.step()] == ["A"]
    assert keeper.step() == []
    with pytest.raises(CorruptArtifact):
        artifacts.get(str(registry.get_model(XGB, "A").sha256))
    assert artifacts.get(str(registry.get_model(XGB, "B").sha256)) == b"B"


def test_what_was_ever_live_can_be_rolled_back_to(
    registry: RouteRegistry, artifacts: MemoryArtifactStore
) -> None:
    shelve(registry, artifacts, "ABC")
    for version in "ABC":
        registry.promote(XGB, version)
    assert BundleKeeper(registry, artifacts, [XGB], keep=0).step() == []
    for cause, version in (("r1", "B"), ("r2", "A")):
        back = registry.rollback(XGB, cause=cause, actor="clm")
        assert artifacts.get(str(registry.get_model(XGB, str(back.version)).sha256)) == version.encode()


def test_bytes_that_another_version_has_too_stay(
    registry: RouteRegistry, artifacts: MemoryArtifactStore
) -> None:
    shelve(registry, artifacts, "AB", data=b"the same")
    registry.retire(XGB, "A")
    assert len(BundleKeeper(registry, artifacts, [XGB], keep=0).step()) == 1
    assert artifacts.get(str(registry.get_model(XGB, "B").sha256)) == b"the same"


def test_the_fit_that_was_evaluated_goes_with_its_version(
    registry: RouteRegistry, artifacts: MemoryArtifactStore
) -> None:
    served, evaluated = artifacts.put(b"served"), artifacts.put(b"evaluated")
    registry.save_model(replace(artifact("A"), sha256=served, evaluated=evaluated))
    registry.retire(XGB, "A")
    assert len(BundleKeeper(registry, artifacts, [XGB], keep=0).step()) == 1
    for sha256 in (served, evaluated):
        with pytest.raises(CorruptArtifact):
            artifacts.get(sha256)
