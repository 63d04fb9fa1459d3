"""When a handle swaps, whom the canary serves, what is pinned, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clm.decisions.moves import ABORTED, CANARY, Move
from clm.errors import CorruptArtifact, UnreachableServer
from clm.events import DAY, micros
from clm.model import NAIVE, ModelType
from clm.store.artifact_store import MemoryArtifactStore
from clm.store.registry import RouteRegistry
from producers.forecaster import Forecast
from producers.handle import Health, ModelHandle
from tests.unit.producers.shelf import MINUTE, TRAINED_AT, TYPE, Shelf, artifact, constant

ROW = [0.0, 0.0]
SYMBOLS = [f"S{number}" for number in range(200)]
TRAINED = micros(TRAINED_AT)


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    for number in (1, 2, 3):
        shelf.activate(f"v{number}", constant(float(number)))
    shelf.registry.promote(TYPE, "v1")
    return shelf


@pytest.fixture
def handle(shelf: Shelf) -> ModelHandle:
    handle = ModelHandle(shelf.registry, shelf.artifacts, [TYPE])
    handle.refresh()
    return handle


def says(handle: ModelHandle, at: int, symbol: str = "AAPL") -> str:
    return handle.predict(TYPE, symbol, at, ROW, 7.0).version


def canary(shelf: Shelf, version: str, share: float) -> None:
    move = Move(kind=CANARY, actor="ann", version=version, share=share)
    shelf.registry.change(TYPE, move, cause=f"{version} {share}")


# --- when it swaps ----------------------------------------------------------------------------------


def test_all_forecasts_of_a_bar_are_by_one_version(shelf: Shelf, handle: ModelHandle) -> None:
    assert says(handle, MINUTE) == "v1"
    shelf.registry.promote(TYPE, "v2")
    handle.refresh()
    assert [says(handle, MINUTE, symbol) for symbol in ("IBM", "MSFT")] == ["v1", "v1"]
    assert (handle.version(TYPE), handle.waiting(TYPE)) == ("v1", "v2")
    assert (says(handle, 2 * MINUTE), handle.waiting(TYPE)) == ("v2", None)


def test_a_version_waits_until_the_trader_is_flat(shelf: Shelf) -> None:
    flat = {TYPE: True}
    handle = ModelHandle(shelf.registry, shelf.artifacts, [TYPE], flat=flat.__getitem__)
    handle.refresh()
    flat[TYPE] = False
    says(handle, 0)
    shelf.registry.promote(TYPE, "v2")
    handle.refresh()
    assert [says(handle, bar * MINUTE) for bar in (1, 2)] == ["v1", "v1"]
    flat[TYPE] = True
    assert says(handle, 3 * MINUTE) == "v2"


def test_a_callback_that_raises_means_no_and_hurts_nobody(shelf: Shelf) -> None:
    handle = ModelHandle(shelf.registry, shelf.artifacts, [TYPE], flat=lambda _: bool(1 / 0))
    assert handle.refresh()
    assert says(handle, MINUTE) == NAIVE
    assert "ZeroDivisionError" in handle.errors["flat"]


def test_the_way_back_takes_no_loading(shelf: Shelf, handle: ModelHandle) -> None:
    says(handle, 0)
    shelf.registry.promote(TYPE, "v2")
    handle.refresh()
    assert says(handle, MINUTE) == "v2"
    assert isinstance(shelf.artifacts, MemoryArtifactStore)
    shelf.artifacts._bundles.clear()
    shelf.registry.rollback(TYPE, cause="probation", actor="clm")
    assert handle.refresh()
    assert says(handle, 2 * MINUTE) == "v1"


# --- the canary ---------------------------------------------------------------------------------------


def test_a_canary_serves_its_share_of_the_symbols_and_always_the_same(
    shelf: Shelf, handle: ModelHandle
) -> None:
    canary(shelf, "v2", 0.5)
    handle.refresh()
    first = [says(handle, MINUTE, symbol) for symbol in SYMBOLS]
    assert 0.4 < first.count("v2") / len(SYMBOLS) < 0.6
    again = ModelHandle(shelf.registry, shelf.artifacts, [TYPE])
    again.refresh()
    assert [says(again, MINUTE, symbol) for symbol in SYMBOLS] == first
    route = shelf.registry.route(TYPE)
    assert [route.serves(symbol) for symbol in SYMBOLS] == first


def test_a_bar_of_all_symbols_is_divided_like_single_ones(shelf: Shelf, handle: ModelHandle) -> None:
    canary(shelf, "v2", 0.1)
    handle.refresh()
    found = handle.predict_bar(MINUTE, dict.fromkeys(SYMBOLS, (ROW, 7.0)))["lightgbm"]
    assert list(found) == SYMBOLS
    assert {s: said.version for s, said in found.items()} == {s: handle.version(TYPE, s) for s in SYMBOLS}
    assert set(found.values()) == {Forecast("v1", 1.0), Forecast("v2", 2.0)}


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_an_abort_at_any_stage_returns_every_symbol_to_the_active_version(
    shelf: Shelf, handle: ModelHandle, share: float
) -> None:
    canary(shelf, "v2", share)
    handle.refresh()
    says(handle, MINUTE)
    shelf.registry.change(TYPE, Move(kind=ABORTED, actor="clm"), cause="worse")
    handle.refresh()
    assert {says(handle, 2 * MINUTE, symbol) for symbol in SYMBOLS} == {"v1"}


def test_a_damaged_canary_leaves_its_symbols_with_the_active_version(
    shelf: Shelf, handle: ModelHandle
) -> None:
    shelf.registry.save_model(artifact("v9", shelf.artifacts.put(b"no bundle")))
    canary(shelf, "v9", 0.5)
    assert not handle.refresh()
    assert {says(handle, MINUTE, symbol) for symbol in SYMBOLS} == {"v1"}
    assert handle.errors["lightgbm canary"].endswith("v1 serves its keys")
    assert handle.health(TYPE) == Health(1.0)


# --- pinned, frozen, too old ---------------------------------------------------------------------------


def test_a_pinned_version_serves_whatever_the_registry_says(shelf: Shelf, handle: ModelHandle) -> None:
    handle.pin("lightgbm", "v3")
    handle.refresh()
    shelf.registry.promote(TYPE, "v2")
    handle.refresh()
    assert says(handle, MINUTE) == "v3"
    handle.unpin(TYPE)
    handle.refresh()
    assert says(handle, 2 * MINUTE) == "v2"


def test_a_frozen_handle_follows_nothing_until_it_is_resumed(shelf: Shelf, handle: ModelHandle) -> None:
    handle.freeze()
    shelf.registry.promote(TYPE, "v2")
    assert handle.refresh()
    assert says(handle, MINUTE) == "v1"
    handle.resume()
    handle.refresh()
    assert says(handle, 2 * MINUTE) == "v2"


def test_a_model_that_is_too_old_is_not_served(shelf: Shelf) -> None:
    handle = ModelHandle(shelf.registry, shelf.artifacts, [TYPE], expires_after_days=30)
    handle.refresh()
    end = TRAINED + 30 * DAY
    assert (says(handle, end), says(handle, end + 1)) == ("v1", NAIVE)
    assert handle.predict_bar(end + 2, {"IBM": (ROW, 7.0)})["lightgbm"] == {"IBM": Forecast(NAIVE, 7.0)}
    assert handle.fallbacks["expired"] == 2
    assert handle.health(TYPE, end + 1) == Health(0.0, "version v1 is too old: naive serves")
    young = artifact("v5", shelf.artifacts.put(constant(5.0)))
    shelf.registry.save_model(replace(young, trained_at=TRAINED_AT.replace(year=2026)))
    shelf.registry.promote(TYPE, "v5")
    handle.refresh()
    assert (says(handle, end + 3), "expired" in handle.errors) == ("v5", False)


def test_the_age_counts_from_the_version_that_serves_not_from_one_that_waits(
    shelf: Shelf, handle: ModelHandle
) -> None:
    """A trader that took the new version's date for the old one's would serve an expired model."""
    says(handle, TRAINED)
    young = replace(
        artifact("v4", shelf.artifacts.put(constant(4.0))), trained_at=TRAINED_AT.replace(year=2026)
    )
    shelf.registry.save_model(young)
    shelf.registry.promote(TYPE, "v4")
    handle.refresh()
    assert (handle.waiting(TYPE), handle.age_seconds(TYPE, TRAINED + DAY)) == ("v4", 86400.0)


# --- what it says of itself ----------------------------------------------------------------------------


def test_health_tells_what_is_wrong(
    shelf: Shelf, handle: ModelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert handle.health(TYPE) == Health(1.0)
    with monkeypatch.context() as away:
        away.setattr(RouteRegistry, "route", unreachable)
        handle.refresh()
    assert handle.health("lightgbm") == Health(0.5, "gone; the models loaded last keep serving")
    shelf.registry.promote(TYPE, NAIVE)
    handle.refresh()
    assert handle.health(TYPE) == Health(0.0, "no model is active: naive serves")


def unreachable(*_: object) -> None:
    raise UnreachableServer("gone")


def test_a_store_that_is_away_leaves_the_model_in_place(shelf: Shelf, handle: ModelHandle) -> None:
    assert isinstance(shelf.artifacts, MemoryArtifactStore)
    kept = dict(shelf.artifacts._bundles)
    shelf.artifacts._bundles.clear()
    shelf.registry.promote(TYPE, "v2")
    assert not handle.refresh()
    assert (says(handle, MINUTE), handle.health(TYPE).value) == ("v1", 0.5)
    shelf.artifacts._bundles.update(kept)
    assert handle.refresh()
    assert says(handle, 2 * MINUTE) == "v2"


def test_the_bundle_of_another_model_type_is_refused(shelf: Shelf) -> None:
    record = replace(artifact("x1", shelf.artifacts.put(constant(1.0))), model_type=ModelType.XGBOOST)
    shelf.registry.save_model(record)
    shelf.registry.promote(ModelType.XGBOOST, "x1")
    handle = ModelHandle(shelf.registry, shelf.artifacts, [ModelType.XGBOOST])
    assert not handle.refresh()
    assert "xgboost x1 has the bundle of a lightgbm" in handle.errors["xgboost"]


def test_a_bundle_is_tried_elsewhere_before_it_is_loaded_here(shelf: Shelf) -> None:
    def refuse(_: bytes) -> None:
        raise CorruptArtifact("it ended its loader")

    handle = ModelHandle(shelf.registry, shelf.artifacts, [TYPE], probe=refuse)
    assert not handle.refresh()
    assert (handle.version(TYPE), handle.errors["lightgbm"]) == (
        NAIVE,
        "it ended its loader; version naive keeps serving",
    )
