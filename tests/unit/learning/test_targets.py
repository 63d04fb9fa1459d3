"""Targets are logarithms of what really happened, and a naive forecast knows nothing of tomorrow."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clm.errors import ConfigurationError
from clm.learning.targets import FLOOR, Target
from tests.unit.learning.market import one_symbol

NAN = math.nan


def close_to(values: object, expected: list[float]) -> bool:
    """Equal to twelve digits, NaN equal to NaN."""
    return np.allclose(np.asarray(values, float), expected, rtol=1e-12, atol=1e-12, equal_nan=True)


def test_a_return_is_logarithmic_over_the_horizon() -> None:
    bars = one_symbol([1.0, math.e, math.e**3])
    assert close_to(Target("return").series(bars), [NAN, 1.0, 2.0])
    assert close_to(Target("return", 2).series(bars), [NAN, NAN, 3.0])


def test_volatility_is_the_root_mean_square_of_one_bar_returns() -> None:
    bars = one_symbol([1.0, math.e**3, math.e**7])  # returns 3 and 4
    expected = [NAN, NAN, 0.5 * math.log((9 + 16) / 2)]
    assert close_to(Target("log_volatility", 2).series(bars), expected)


def test_a_range_spans_the_bars_of_the_horizon() -> None:
    bars = one_symbol([2.0, 2.0], high=[math.e, math.e**2], low=[1.0, math.e])
    assert close_to(Target("log_range").series(bars), [0.0, 0.0])
    assert close_to(Target("log_range", 2).series(bars), [NAN, math.log(2.0)])


def test_volume_is_summed_over_the_horizon() -> None:
    bars = one_symbol([1.0] * 3, volume=[1.0, 3.0, 5.0])
    assert close_to(Target("log_volume", 2).series(bars), [NAN, math.log(4), math.log(8)])


@pytest.mark.parametrize("name", ["log_volatility", "log_range"])
def test_a_market_that_stands_still_is_floored_not_infinite(name: str) -> None:
    assert Target(name).series(one_symbol([5.0] * 3)).iloc[-1] == pytest.approx(math.log(FLOOR))


def test_volume_of_nothing_traded_is_unknown() -> None:
    series = Target("log_volume").series(one_symbol([1.0] * 2, volume=[0.0, 1.0]))
    assert close_to(series, [NAN, 0.0])


def test_a_mean_forecast_takes_the_newest_values_known_at_its_bar() -> None:
    series = Target("log_volume").series(one_symbol([1.0] * 4, volume=[math.e**k for k in (1, 2, 6, 8)]))
    assert close_to(Target("log_volume", naive="mean:2").naive_forecast(series), [1.0, 1.5, 4.0, 7.0])


def test_a_gap_does_not_silence_the_naive_forecast_while_half_of_it_is_known() -> None:
    volume = [math.e, math.e**3, 0.0, 0.0, 0.0]
    series = Target("log_volume").series(one_symbol([1.0] * 5, volume=volume))
    forecast = Target("log_volume", naive="mean:4").naive_forecast(series)
    assert close_to(forecast, [NAN, 2.0, 2.0, 2.0, NAN])


def test_returns_are_forecast_by_zero_from_the_first_bar_on() -> None:
    target = Target("return")
    assert close_to(target.naive_forecast(target.series(one_symbol([1.0, 2.0]))), [0.0, 0.0])


@pytest.mark.parametrize(
    ("name", "rule"),
    [("return", "zero"), ("log_volume", "mean:5"), ("log_range", "mean:10"), ("log_volatility", "mean:20")],
)
def test_every_target_has_a_naive_rule_of_its_own(name: str, rule: str) -> None:
    assert Target(name).naive == rule


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(("drawdown",), "drawdown"), (("return", 0), "0 bars"), (("return", 1, "mean:0"), "mean:0"),
     (("return", 1, "last"), "last")],
)  # fmt: skip
def test_what_does_not_exist_is_refused_by_name(arguments: tuple[str, ...], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Target(*arguments)  # type: ignore[arg-type]
