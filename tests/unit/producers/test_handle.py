"""The handle serves the active version, and the last good one when anything is wrong."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

from clm.errors import ConfigurationError, UnreachableServer
from clm.events import InputRow, micros
from clm.model import NAIVE, ModelType
from clm.store.registry import RouteRegistry
from producers.forecaster import Forecast
from producers.handle import ModelHandle
from tests.unit.producers.shelf import MINUTE, TRAINED_AT, TYPE, Shelf, column, constant, grouped

ROW = [0.0, 0.0]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def handle(shelf: Shelf) -> ModelHandle:
    return ModelHandle(shelf.registry, shelf.artifacts, [TYPE])


def predict(handle: ModelHandle, at: int = MINUTE, naive: float = 7.0) -> Forecast:
    return handle.predict(TYPE, "AAPL", at, ROW, naive)


def test_naive_is_served_until_a_model_is_active(handle: ModelHandle) -> None:
    assert handle.refresh()
    assert predict(handle) == Forecast(NAIVE, 7.0)
    assert (handle.version(TYPE), handle.age_seconds(TYPE, MINUTE)) == (NAIVE, None)


def test_the_active_version_is_served_after_a_refresh(shelf: Shelf, handle: ModelHandle) -> None:
    shelf.activate("v1", constant(2.5))
    assert predict(handle).version == NAIVE
    assert handle.refresh()
    assert predict(handle, 2 * MINUTE) == Forecast("v1", 2.5)


def test_a_model_type_may_be_named_by_its_word(handle: ModelHandle) -> None:
    assert handle.predict("lightgbm", "AAPL", MINUTE, ROW, 7.0) == Forecast(NAIVE, 7.0)


def test_a_promotion_and_a_rollback_to_naive_are_followed(shelf: Shelf, handle: ModelHandle) -> None:
    seen = []
    shelf.activate("v1", constant(1.0))
    shelf.activate("v2", constant(2.0))
    for bar, version in enumerate(("v2", "v1", NAIVE), start=1):
        shelf.registry.promote(TYPE, version)
        handle.refresh()
        seen.append(predict(handle, bar * MINUTE))
    assert seen == [Forecast("v2", 2.0), Forecast("v1", 1.0), Forecast(NAIVE, 7.0)]


def test_age_counts_event_seconds_since_the_training(shelf: Shelf, handle: ModelHandle) -> None:
    shelf.activate("v1", constant(1.0))
    handle.refresh()
    assert handle.age_seconds(TYPE, micros(TRAINED_AT) + 90_000_000) == 90.0


def test_a_bar_gives_every_symbol_its_forecast(shelf: Shelf, handle: ModelHandle) -> None:
    shelf.activate("v1", column("b", ("a", "b")))
    handle.refresh()
    rows = {"AAPL": ([0.0, 1.0], 7.0), "IBM": (np.float32([1, 0]).tobytes(), 8.0)}
    found = handle.predict_bar(MINUTE, rows)["lightgbm"]
    assert {symbol: round(said.value, 6) for symbol, said in found.items()} == {
        "AAPL": 1.0,
        "IBM": 0.0,
    }


def test_a_models_columns_are_found_by_name_in_wider_rows(shelf: Shelf) -> None:
    shelf.activate("v1", column("b", ("b", "a")))
    handle = ModelHandle(shelf.registry, shelf.artifacts, [TYPE], columns=("x", "a", "b"))
    assert handle.refresh()
    only_b = handle.predict(TYPE, "AAPL", MINUTE, [0.0, 0.0, 1.0], 7.0)
    only_x = handle.predict(TYPE, "AAPL", 2 * MINUTE, [1.0, 1.0, 0.0], 7.0)
    assert [round(said.value, 6) for said in (only_b, only_x)] == [1.0, 0.0]


def test_a_model_that_needs_an_absent_column_is_not_served(shelf: Shelf) -> None:
    shelf.activate("v1", constant(2.5, ("a", "volume")))
    handle = ModelHandle(shelf.registry, shelf.artifacts, [TYPE], columns=("a", "b"))
    assert not handle.refresh()
    assert handle.version(TYPE) == NAIVE
    assert "needs volume" in handle.errors["lightgbm"]


def test_a_row_of_another_width_falls_back_to_naive(shelf: Shelf, handle: ModelHandle) -> None:
    shelf.activate("v1", constant(2.5))
    handle.refresh()
    assert handle.predict(TYPE, "AAPL", MINUTE, [1.0], 7.0) == Forecast(NAIVE, 7.0)
    assert handle.fallbacks["failed"] == 1
    assert "rows have 1 columns, version v1 wants 2" in handle.errors["model"]


def test_a_damaged_bundle_keeps_the_old_model_and_says_so(shelf: Shelf, handle: ModelHandle) -> None:
    shelf.activate("v1", constant(1.0))
    handle.refresh()
    shelf.activate("v2", b"not a bundle")
    assert not handle.refresh()
    assert predict(handle) == Forecast("v1", 1.0)
    assert handle.errors["lightgbm"].endswith("version v1 keeps serving")


def test_a_fault_is_over_when_a_good_version_follows(shelf: Shelf, handle: ModelHandle) -> None:
    shelf.activate("v1", b"not a bundle")
    handle.refresh()
    shelf.activate("v2", constant(2.0))
    assert handle.refresh()
    assert (handle.errors, handle.version(TYPE)) == ({}, "v2")


def test_a_missing_library_keeps_the_old_model_and_names_the_remedy(
    shelf: Shelf, handle: ModelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.activate("v1", constant(1.0))
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    assert not handle.refresh()
    assert predict(handle) == Forecast(NAIVE, 7.0)
    assert "pip install 'continuous-learning-manager[trees]'" in handle.errors["lightgbm"]


def test_a_server_that_is_gone_leaves_the_models_in_place(
    shelf: Shelf, handle: ModelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.activate("v1", constant(1.0))
    handle.refresh()
    monkeypatch.setattr(RouteRegistry, "route", unreachable)
    assert not handle.refresh()
    assert predict(handle) == Forecast("v1", 1.0)
    assert handle.errors["server"].startswith("redis://nowhere")


def unreachable(*_: object) -> None:
    raise UnreachableServer("redis://nowhere does not answer; start it")


def test_rows_published_before_a_restart_can_be_taken_up(shelf: Shelf, handle: ModelHandle) -> None:
    shelf.activate("v1", column("a", ("a", "b")))
    handle.refresh()
    handle.warm([InputRow("AAPL", MINUTE, "s1", np.float32([1, 0]).tobytes())])
    assert round(predict(handle, MINUTE).value, 6) == 1.0


def test_a_model_type_that_is_not_served_is_refused_by_name(handle: ModelHandle) -> None:
    with pytest.raises(ConfigurationError, match="serves lightgbm"):
        handle.predict(ModelType.NHITS, "AAPL", MINUTE, ROW, 7.0)


def test_a_thread_follows_the_registry(shelf: Shelf, handle: ModelHandle) -> None:
    handle.start(poll_s=0.001)
    shelf.activate("v1", constant(1.0))
    assert soon(lambda: handle.version(TYPE) == "v1")
    handle.stop()


def test_the_thread_outlives_whatever_a_refresh_raises(
    shelf: Shelf, handle: ModelHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(RouteRegistry, "route", lambda *_: 1 / 0)
        handle.start(poll_s=0.001)
        assert soon(lambda: "ZeroDivisionError" in handle.errors.get("refresh", ""))
    shelf.activate("v1", constant(1.0))
    assert soon(lambda: (handle.version(TYPE), handle.errors) == ("v1", {}))
    handle.stop()


def test_a_swap_under_a_running_loop_never_mixes_versions(shelf: Shelf, handle: ModelHandle) -> None:
    versions = {f"v{number}": constant(float(number)) for number in range(1, 4)}
    for version, bundle in versions.items():
        shelf.activate(version, bundle)
    handle.start(poll_s=0.001)
    seen: set[Forecast] = set()
    for turn in range(60):
        shelf.registry.promote(TYPE, f"v{turn % 3 + 1}")
        for step in range(20):
            seen |= set(handle.predict_bar(turn * 20 + step, {"AAPL": (ROW, 0.0)})["lightgbm"].values())
    handle.stop()
    assert seen <= {Forecast(NAIVE, 0.0), *(Forecast(f"v{n}", float(n)) for n in range(1, 4))}
    assert len(seen) > 1


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something comes true; the wait is long, and no promise."""
    pause = threading.Event()
    return any(holds() or pause.wait(0.01) for _ in range(3000))


def test_a_grouped_version_forecasts_each_symbol_by_its_group_alone_and_in_a_bar(
    handle: ModelHandle, shelf: Shelf
) -> None:
    shelf.activate("v1", grouped(1.0, 2.0))  # A is of the second group, D and E of the first
    assert handle.refresh()
    alone = {each: handle.predict(TYPE, each, MINUTE, ROW, 7.0).value for each in "ADE"}
    bar = handle.predict_bar(2 * MINUTE, dict.fromkeys("ADE", (ROW, 7.0)))["lightgbm"]
    assert alone == {"A": 2.0, "D": 1.0, "E": 1.0}
    assert bar == {each: Forecast("v1", value) for each, value in alone.items()}
    assert handle.errors == {}
