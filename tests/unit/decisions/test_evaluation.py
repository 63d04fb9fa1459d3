"""Every metric of an evaluation equals the one worked by hand on five rows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.decisions.diebold_mariano import p_value_better
from clm.decisions.evaluation import Metrics, compare, measure, naive_result
from clm.errors import InsufficientData
from tests.unit.decisions.stream import evaluated

VALUE, NAIVE, OUTCOME = [3.0, 2.0, 2.0, 2.0, 1.0], [1.0] * 5, [2.0, 2.0, 4.0, 0.0, 3.0]
# errors 1 0 -2 2 -2; naive errors -1 -1 -3 1 -2; sides: forecast + + + + 0, outcome + + + - +
REGIMES = ["calm", "calm", "wild", "wild", "wild"]

BY_HAND = [
    ("rows", 5),
    ("rmse", math.sqrt(13 / 5)),  # 1 + 0 + 4 + 4 + 4
    ("mae", 7 / 5),  # 1 + 0 + 2 + 2 + 2
    ("prediction_bias", -1 / 5),
    ("error_std", 1.6),  # sqrt(13/5 - 1/25) = sqrt(2.56)
    ("directional_accuracy", 3 / 4),  # of four rows with a direction
    ("hit_rate", 1 / 2),  # mean of 3/3 rises and 0/1 falls
    ("zero_directions", 1),
    ("naive_rmse", math.sqrt(16 / 5)),  # 1 + 1 + 9 + 1 + 4
    ("naive_mae", 8 / 5),
    ("skill", 1 / 8),  # 1 - 1.4 / 1.6
    # deviations 1 0 0 0 -1 and -.2 -.2 1.8 -2.2 .8: -1 / sqrt(2 * 8.8)
    ("correlation_with_target", -1 / math.sqrt(17.6)),
]


@pytest.fixture
def metrics() -> Metrics:
    return measure(VALUE, NAIVE, OUTCOME, REGIMES)


@pytest.mark.parametrize(("name", "expected"), BY_HAND)
def test_each_metric_is_the_hand_computed_one(metrics: Metrics, name: str, expected: float) -> None:
    assert getattr(metrics, name) == pytest.approx(expected, rel=1e-12)


def test_accuracy_is_told_by_regime(metrics: Metrics) -> None:
    assert metrics.regime_accuracy == {"calm": 2 / 2, "wild": 1 / 2}  # the row without direction is out


def test_rows_without_a_regime_are_in_no_regime() -> None:
    assert measure(VALUE, NAIVE, OUTCOME, ["calm", "", "", "", ""]).regime_accuracy == {"calm": 1.0}
    assert measure(VALUE, NAIVE, OUTCOME).regime_accuracy == {}


def test_nothing_to_score_is_refused() -> None:
    with pytest.raises(InsufficientData, match="no scored rows"):
        measure([], [], [])


def test_the_naive_forecast_itself_has_no_direction_and_no_skill() -> None:
    told = measure(NAIVE, NAIVE, OUTCOME)
    assert told.skill == 0.0
    assert told.zero_directions == 5
    assert math.isnan(told.directional_accuracy)
    assert math.isnan(told.hit_rate)
    assert math.isnan(told.correlation_with_target)


def test_skill_over_a_perfect_naive_forecast_is_unknown() -> None:
    assert math.isnan(measure([1.0], [2.0], [2.0]).skill)


def test_the_deltas_are_relative_for_rmse_and_absolute_for_direction() -> None:
    mine = evaluated(rmse=0.98, directional_accuracy=0.5)
    theirs = evaluated(version="v0", rmse=2.0, directional_accuracy=0.75)
    result = compare(mine, theirs, 1)
    assert result.vs_active_rmse_delta == pytest.approx(-0.51)  # 0.98 / 2 - 1, negative is better
    assert result.vs_active_direction_delta == -0.25  # 0.5 - 0.75, positive is better
    assert result.active_version == "v0"


def test_against_the_naive_forecast_direction_is_held_to_guessing() -> None:
    result = compare(evaluated(directional_accuracy=0.75), naive_result(evaluated()), 1)
    assert result.vs_active_direction_delta == 0.25  # 0.75 - 0.5
    assert result.vs_active_rmse_delta == pytest.approx(-0.1)  # 0.9 / 1.0 - 1


def test_significance_is_tested_on_the_same_rows_only() -> None:
    errors = np.array([1.0, 2.0, 1.0, 2.0])
    mine, theirs = evaluated(errors=errors), evaluated(errors=np.full(4, 2.0))
    assert compare(mine, theirs, 1).p_value == p_value_better(errors, [2.0] * 4, 1)
    assert math.isnan(compare(mine, evaluated(errors=np.full(5, 2.0)), 1).p_value)
    assert math.isnan(compare(mine, evaluated(), 1).p_value)


def test_the_naive_result_carries_nothing_of_the_model() -> None:
    of = evaluated(rows=5, naive_rmse=2.0, naive_mae=1.5, regime_accuracy={"calm": 1.0})
    result = naive_result(of)
    assert (result.version, result.rmse, result.mae, result.skill) == ("naive", 2.0, 1.5, 0.0)
    assert (result.zero_directions, result.regime_accuracy) == (5, {})
    for name in ("directional_accuracy", "hit_rate", "correlation_with_target", "prediction_bias",
                 "error_std"):  # fmt: skip
        assert math.isnan(getattr(result, name)), name
