"""Health keeps one window per model type, version and symbol, and one over all symbols."""

from __future__ import annotations

import math

import msgpack
import pytest

from clm.decisions.health import Health, check_range
from clm.decisions.join import Pair
from clm.errors import MalformedEvent
from tests.unit.decisions.stream import Tape


def observed(*errors: tuple[str, str, float]) -> Health:
    """Health after pairs of (version, symbol, absolute error)."""
    health, tape = Health(3, 9), Tape()
    for version, symbol, error in errors:
        made = tape.predict(0, 1.0 + error, 0.0, version=version, symbol=symbol)
        health.observe(Pair(made, 1.0, 1))
    return health


def test_each_symbol_has_its_own_window_beside_the_one_of_all() -> None:
    health = observed(("v1", "A", 1.0), ("v1", "A", 3.0), ("v1", "B", 5.0))
    assert health.window("xgboost", "v1", "A").mae == 2.0  # (1 + 3) / 2
    assert health.window("xgboost", "v1", "B").mae == 5.0
    assert health.window("xgboost", "v1").mae == 3.0  # (1 + 3 + 5) / 3
    assert health.symbols("xgboost", "v1") == ["A", "B"]


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


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2.0**61 / 1e9, -1e300])
def test_a_value_that_cannot_be_folded_is_refused_by_name(value: float) -> None:
    with pytest.raises(MalformedEvent, match=r"is out of range: below 2\.306e\+09 in size"):
        check_range(9, 0.0, value)  # 2**61 / 10**9 = 2.306e9


def test_every_smaller_value_is_accepted() -> None:
    check_range(9, 2.3e9, -2.3e9, 0.0)


def test_the_window_that_matured_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clm.decisions.health.MAX_WINDOWS", 4)
    health = observed(("v1", "A", 1.0), ("v2", "A", 1.0), ("v1", "A", 1.0), ("v3", "A", 1.0))
    assert [health.symbols("xgboost", each) for each in ("v1", "v2", "v3")] == [["A"], [], ["A"]]


def test_restored_health_has_the_same_windows() -> None:
    health, again = observed(("v1", "A", 1.0), ("v1", "B", 3.0)), Health(3, 9)
    again.restore(msgpack.unpackb(msgpack.packb(health.state())))
    assert again.state() == health.state()
    assert again.window("xgboost", "v1").mae == 2.0
