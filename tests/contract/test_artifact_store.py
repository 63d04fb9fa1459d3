"""Bundles by the sha256 of their bytes: whole or not at all, and never another's bytes."""

import hashlib
from pathlib import Path

import pytest

from clm.errors import CorruptArtifact
from clm.ports import ArtifactStore
from clm.store.artifact_store import DirectoryArtifactStore, MemoryArtifactStore

BUNDLE = b"weights\x00\xff" * 1000
NAME = hashlib.sha256(BUNDLE).hexdigest()


@pytest.fixture(params=["memory", "directory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    return MemoryArtifactStore() if request.param == "memory" else DirectoryArtifactStore(tmp_path)


def test_a_bundle_comes_back_by_the_hash_of_its_bytes(store: ArtifactStore) -> None:
    assert store.put(BUNDLE) == NAME
    assert store.put(BUNDLE) == NAME
    assert store.get(NAME) == BUNDLE


def test_a_missing_bundle_is_named(store: ArtifactStore) -> None:
    with pytest.raises(CorruptArtifact, match=NAME):
        store.get(NAME)


def test_a_name_that_is_no_hash_reads_no_file(store: ArtifactStore) -> None:
    with pytest.raises(CorruptArtifact):
        store.get("../../etc/passwd")


def test_one_flipped_bit_is_found(tmp_path: Path) -> None:
    store = DirectoryArtifactStore(tmp_path)
    store.put(BUNDLE)
    place = tmp_path / NAME[:2] / NAME[2:]
    place.write_bytes(bytes([BUNDLE[0] ^ 1]) + BUNDLE[1:])
    with pytest.raises(CorruptArtifact, match=NAME):
        store.get(NAME)


def test_a_store_holds_bundles_only_and_no_parts(tmp_path: Path) -> None:
    DirectoryArtifactStore(tmp_path).put(BUNDLE)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        f"{NAME[:2]}/{NAME[2:]}"
    ]


def test_bytes_that_are_removed_are_gone_and_twice_is_once(store: ArtifactStore) -> None:
    name = store.put(b"weights")
    for _ in range(2):
        store.remove(name)
    with pytest.raises(CorruptArtifact):
        store.get(name)
