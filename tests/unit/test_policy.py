"""The policy's defaults are the specification's, and a value out of range is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from clm.errors import ConfigurationError
from clm.events import DAY, HOUR
from clm.model import BASE_MODELS, ModelType
from clm.policy import ModelPolicy, Policy

DEFAULTS = [
    ("models", BASE_MODELS),
    ("retrain_interval_days", 7),
    ("data_threshold_points", 10_000),
    ("performance_decay_threshold", 0.05),
    ("decay_window_pairs", 288),
    ("training_lookback_days", 90),
    ("shadow_test_hours", 24),
    ("min_improvement_threshold", 0.02),
    ("min_effective_outcomes", 30),
    ("max_concurrent_shadows", 2),
    ("require_ks", False),
]

EVIDENT = [
    ("decay_detectors", ("score",)),
    ("decay_needs", 1),
    ("decay_between_alarms_days", 365),
    ("regime_memory_days", 30),
    ("cpu_seconds_per_day", None),
]

REFUSED = [
    ("retrain_interval_days", 0, "> 0"),
    ("training_lookback_days", -1, "> 0"),
    ("shadow_test_hours", -1, ">= 0"),
    ("cooldown_hours", -0.5, ">= 0"),
    ("min_improvement_threshold", -0.01, ">= 0"),
    ("data_threshold_points", 0, ">= 1"),
    ("decay_window_pairs", 0, ">= 1"),
    ("max_concurrent_shadows", 0, ">= 1"),
    ("min_effective_outcomes", 0, ">= 1"),
    ("retrain_hour_utc", -1, "from 0 to 23"),
    ("retrain_hour_utc", 24, "from 0 to 23"),
    ("performance_decay_threshold", 0.0, "between 0 and 1"),
    ("performance_decay_threshold", 1.0, "between 0 and 1"),
    ("validation_fraction", 0.9, "between 0 and 0.9"),
    ("retrain_interval_days", float("nan"), "> 0"),
    ("decay_between_alarms_days", 0, "> 0"),
    ("decay_needs", 0, ">= 1"),
    ("decay_needs", 3, "at most 2"),
    ("regime_memory_days", -0.1, ">= 0"),
    ("cpu_seconds_per_day", 0.0, "> 0, or None"),
    ("regime_lookback_days", 0.0, "> 0, or None"),
]


@pytest.mark.parametrize(("name", "value"), DEFAULTS)
def test_the_defaults_are_those_of_the_specification(name: str, value: Any) -> None:
    assert getattr(Policy(), name) == value


def test_evidence_decides_unless_the_specification_s_thresholds_are_asked_for() -> None:
    assert (Policy().name, Policy().sequential) == ("sequential", True)
    assert not Policy(name="seed").sequential


@pytest.mark.parametrize(("name", "value"), EVIDENT)
def test_the_defaults_of_sequential_are_those_that_were_measured(name: str, value: Any) -> None:
    assert getattr(Policy(), name) == value


@pytest.mark.parametrize("named", [(), ("score", "score"), ("oracle",)])
def test_detectors_are_known_and_each_once(named: tuple[str, ...]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"decay_detectors is .*; it must be at least one of score, skill"
    ):
        Policy(decay_detectors=named)


@pytest.mark.parametrize(("name", "value", "bound"), REFUSED)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: float, bound: str) -> None:
    settings: dict[str, Any] = {name: value}
    with pytest.raises(ConfigurationError, match=f"{name} is {value}; it must be {bound}"):
        Policy(**settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("shadow_test_hours", 0), ("cooldown_hours", 0), ("min_improvement_threshold", 0),
     ("max_concurrent_shadows", 1), ("min_effective_outcomes", 1), ("retrain_hour_utc", 0)],
)  # fmt: skip
def test_the_smallest_value_is_accepted(name: str, value: float) -> None:
    settings: dict[str, Any] = {name: value}
    assert getattr(Policy(**settings), name) == value


@pytest.mark.parametrize("models", [(), (ModelType.NHITS, ModelType.NHITS)])
def test_models_are_named_at_least_one_and_each_once(models: tuple[ModelType, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"models is \[.*\]; it must be at least one, each once"):
        Policy(models=models)


@pytest.mark.parametrize(
    ("own", "value", "bound"),
    [("retrain_interval_days", 0.0, "> 0"), ("cooldown_hours", -1.0, ">= 0")],
)
def test_a_model_types_own_value_is_held_to_the_same_bounds(own: str, value: float, bound: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{own} of a model type is {value}; it must be {bound}"):
        ModelPolicy(**{own: value})


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="policy 'oracle' does not exist; use 'seed'"):
        Policy(name="oracle")


def test_durations_are_told_in_microseconds() -> None:
    policy = Policy(training_lookback_days=1.5, shadow_test_hours=0.5)
    assert (policy.lookback, policy.shadow) == (36 * HOUR, HOUR // 2)


def test_a_model_type_may_set_its_own_interval_and_cool_down() -> None:
    own = ModelPolicy(retrain_interval_days=2.0, cooldown_hours=0.0)
    policy = Policy(overrides={ModelType.NHITS: own, ModelType.PATCHTST: ModelPolicy()})
    interval = [policy.interval(each) // DAY for each in BASE_MODELS]
    cooldown = [policy.cooldown(each) // HOUR for each in BASE_MODELS]
    assert (interval, cooldown) == ([7, 7, 2, 7], [24, 24, 0, 24])
