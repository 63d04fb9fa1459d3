"""What a handle served last is kept on disk, so that one that starts while the server is away serves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clm.errors import UnreachableServer
from clm.model import NAIVE, ModelType
from producers import ModelHandle
from tests.unit.producers.shelf import MINUTE, TYPE, Shelf, constant


class Away:
    """A registry and a store that nobody reaches."""

    def route(self, model_type: ModelType) -> Any:
        raise UnreachableServer("server redis://gone does not answer")

    get_model = get = route


def started(shelf: Any, place: Path, probe: Callable[[bytes], None] | None = None) -> ModelHandle:
    """A handle that looked once, at the shelf or at nothing."""
    registry, artifacts = (shelf, shelf) if isinstance(shelf, Away) else (shelf.registry, shelf.artifacts)
    handle = ModelHandle(registry, artifacts, [TYPE], cache_dir=str(place), probe=probe)
    handle.refresh()
    return handle


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.activate("v1", constant(1.0))
    return shelf


def test_a_handle_that_starts_without_the_server_serves_what_was_served_last(
    shelf: Shelf, tmp_path: Path
) -> None:
    started(shelf, tmp_path)
    probed = list[bytes]()
    handle = started(Away(), tmp_path, probed.append)
    said = handle.predict(TYPE, "AAPL", MINUTE, [0.0, 0.0], 0.0)
    assert (said.version, said.value) == ("v1", 1.0)
    assert probed == [constant(1.0)]  # tried elsewhere, as any bundle
    assert not handle.refresh()
    assert "kept on disk 0 s ago serves" in handle.errors["server"]
    assert handle.health(TYPE).value == 0.5


def test_nothing_kept_serves_naive(tmp_path: Path) -> None:
    handle = started(Away(), tmp_path)
    assert handle.predict(TYPE, "AAPL", MINUTE, [0.0, 0.0], 7.0).version == NAIVE
    assert handle.errors["server"].endswith("the models loaded last keep serving")


@pytest.mark.parametrize("what", ["bundle", "record"])
def test_what_is_damaged_on_disk_is_not_served(shelf: Shelf, tmp_path: Path, what: str) -> None:
    started(shelf, tmp_path)
    found = {"bundle": (tmp_path / "bundles").glob("*/*"), "record": tmp_path.glob("*.json")}
    (place,) = found[what]
    place.write_bytes(place.read_bytes()[:-3] + b"???")
    handle = started(Away(), tmp_path)
    assert handle.predict(TYPE, "AAPL", MINUTE, [0.0, 0.0], 7.0).version == NAIVE
    assert TYPE.value in handle.errors


def test_only_what_serves_now_is_kept(shelf: Shelf, tmp_path: Path) -> None:
    handle = started(shelf, tmp_path)
    shelf.activate("v2", constant(2.0))
    handle.refresh()
    assert len(list((tmp_path / "bundles").glob("*/*"))) == 1
    assert started(Away(), tmp_path).version(TYPE) == "v2"
    shelf.registry.promote(TYPE, NAIVE)
    handle.refresh()
    assert started(Away(), tmp_path).version(TYPE) == NAIVE


def test_a_disk_that_takes_nothing_stops_nobody(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    handle = started(shelf, tmp_path / "file" / "below")
    assert (handle.version(TYPE), "kept" in handle.errors) == ("v1", True)
