"""Health keeps one window per model type and version, over all symbols."""

from __future__ import annotations

import math

import msgpack
import pytest

from clm.decisions.health import Health, largest, out_of_range
from clm.decisions.join import Pair
from tests.unit.decisions.stream import Tape


def observed(*errors: tuple[str, str, float]) -> Health:
    """Health after pairs of (version, symbol, absolute error)."""
    health, tape = Health(3, 9), Tape()
    for version, symbol, error in errors:
        made = tape.predict(0, 1.0 + error, 0.0, version=version, symbol=symbol)
        health.observe(Pair(made, 1.0, 1))
    return health


def test_a_version_has_one_window_over_all_symbols() -> None:
    health = observed(("v1", "A", 1.0), ("v1", "A", 3.0), ("v1", "B", 5.0))
    assert health.window("xgboost", "v1").mae == 3.0  # (1 + 3 + 5) / 3


def test_versions_and_model_types_are_kept_apart() -> None:
    health = observed(("v1", "A", 1.0), ("v2", "A", 3.0))
    assert health.window("xgboost", "v1").mae == 1.0
    assert health.window("xgboost", "v2").mae == 3.0
    assert health.window("lightgbm", "v1").pairs == 0


def test_asking_for_a_window_does_not_create_it() -> None:
    health = observed()
    assert math.isnan(health.window("xgboost", "v1").mae)
    assert health.state() == []


def test_only_the_kept_versions_of_one_model_type_are_remembered() -> None:
    health = observed(("v1", "A", 1.0), ("v2", "A", 3.0))
    health.observe(Pair(Tape().predict(0, 2.0, model_type="lightgbm", version="v1"), 1.0, 1))
    health.forget("xgboost", frozenset({"v2"}))
    assert health.window("xgboost", "v1").pairs == 0
    assert health.window("xgboost", "v2").pairs == 1
    assert health.window("lightgbm", "v1").pairs == 1


def test_the_largest_value_leaves_room_for_the_sums_of_a_window() -> None:
    assert largest(9) == 562949.953421312  # 2**49 / 10**9


def test_a_value_that_cannot_be_folded_is_named_with_the_bound_and_the_remedy() -> None:
    said = str(out_of_range(math.inf, 9))
    assert said == (
        "value inf is out of range: below 5.629e+05 in size; for larger ones lower the scope's exponent"
    )


def test_the_window_that_matured_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clm.decisions.health.MAX_WINDOWS", 2)
    health = observed(("v1", "A", 1.0), ("v2", "A", 1.0), ("v1", "A", 1.0), ("v3", "A", 1.0))
    assert [health.window("xgboost", each).pairs for each in ("v1", "v2", "v3")] == [2, 0, 1]


def test_restored_health_has_the_same_windows() -> None:
    health, again = observed(("v1", "A", 1.0), ("v1", "B", 3.0)), Health(3, 9)
    again.restore(msgpack.unpackb(msgpack.packb(health.state())))
    assert again.state() == health.state()
    assert again.window("xgboost", "v1").mae == 2.0
