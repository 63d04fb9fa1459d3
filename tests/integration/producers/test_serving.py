"""A handle on a real server and disk follows promotions, and survives damage and absence."""

from __future__ import annotations

from pathlib import Path

import pytest

from clm.model import NAIVE
from clm.store.artifact_store import DirectoryArtifactStore
from producers import Forecast, ModelHandle
from producers.adapters import registry
from tests.integration.producers.conftest import PrivateServer
from tests.unit.producers.shelf import TYPE, Shelf, constant

pytestmark = pytest.mark.server
ROW = [0.0, 0.0]


@pytest.fixture
def shelf(server_url: str, scope_name: str, tmp_path: Path) -> Shelf:
    return Shelf(registry(server_url, scope_name), DirectoryArtifactStore(tmp_path))


@pytest.fixture
def handle(shelf: Shelf, server_url: str, scope_name: str, tmp_path: Path) -> ModelHandle:
    return ModelHandle.connect(server_url, scope_name, str(tmp_path), [TYPE])


def test_a_swap_under_a_running_loop_never_mixes_versions(shelf: Shelf, handle: ModelHandle) -> None:
    for number in (1, 2, 3):
        shelf.activate(f"v{number}", constant(float(number)))
    handle.start(poll_s=0.001)
    seen: set[Forecast] = set()
    for turn in range(100):
        shelf.registry.promote(TYPE, f"v{turn % 3 + 1}")
        bar = dict.fromkeys(("AAPL", "IBM"), (ROW, 0.0))
        found = set(handle.predict_bar(turn, bar)["lightgbm"].values())
        assert len(found) == 1  # one version for the whole bar
        seen |= found
    handle.stop()
    assert seen <= {Forecast(NAIVE, 0.0), *(Forecast(f"v{n}", float(n)) for n in (1, 2, 3))}


def test_a_bundle_damaged_on_disk_keeps_the_old_model(
    shelf: Shelf, handle: ModelHandle, tmp_path: Path
) -> None:
    shelf.activate("v1", constant(1.0))
    assert handle.refresh()
    before = set(tmp_path.rglob("*"))
    shelf.activate("v2", constant(2.0))
    damaged = max(set(tmp_path.rglob("*")) - before, key=lambda path: len(path.parts))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"X")
    assert not handle.refresh()
    assert handle.predict(TYPE, "AAPL", 1, ROW, 7.0) == Forecast("v1", 1.0)
    assert "version v1 keeps serving" in handle.errors["lightgbm"]


def test_a_handle_without_its_server_serves_on(private_server: PrivateServer, tmp_path: Path) -> None:
    shelf = Shelf(registry(private_server.url, "default"), DirectoryArtifactStore(tmp_path))
    handle = ModelHandle.connect(private_server.url, "default", str(tmp_path), [TYPE])
    shelf.activate("v1", constant(1.0))
    assert handle.refresh()
    private_server.kill()
    assert not handle.refresh()
    assert handle.predict(TYPE, "AAPL", 1, ROW, 7.0) == Forecast("v1", 1.0)
    private_server.restart()
    assert handle.refresh()
    assert handle.errors == {}
