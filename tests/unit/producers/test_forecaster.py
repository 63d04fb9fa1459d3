"""The forecaster cuts windows from the rows it saw; where no model can say a number, naive does."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clm.learning.bundle import Bundle
from clm.model import NAIVE, ModelType
from producers.faults import Faults
from producers.forecaster import Forecast, Forecaster
from producers.served import Served


@dataclass(frozen=True)
class Summed:
    """A model that adds up the last three rows of its only column; it may be told what to say."""

    says: Any = None
    input_size: int = 3

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        if isinstance(self.says, Exception):
            raise self.says
        if self.says is not None:
            return np.full(len(windows), self.says)
        return windows.sum(axis=(1, 2), dtype=np.float64)


def served(model: Summed) -> Served:
    bundle = Bundle(
        model_type=ModelType.NHITS,
        model=model,
        schema="s1",
        columns=("a",),
        target="return",
        horizon=1,
        naive="zero",
        rows=60,
        training_range=(0, 1),
        data_digest="",
        seed=1,
    )
    return Served("v1", 0, bundle)


@pytest.fixture
def forecaster() -> Forecaster:
    return Forecaster(1, 100, Faults("handle"))


def observe(forecaster: Forecaster, *values: float, symbol: str = "AAPL") -> None:
    for at, value in enumerate(values, start=1):
        forecaster.observe(symbol, at, [value])


def test_a_window_holds_the_newest_rows_up_to_the_moment(forecaster: Forecaster) -> None:
    observe(forecaster, 1, 10, 100, 1000)
    said = [forecaster.forecasts(served(Summed()), at, {"AAPL": 0.0})["AAPL"] for at in (3, 4)]
    assert said == [Forecast("v1", 111.0), Forecast("v1", 1110.0)]


def test_a_short_history_falls_back_to_naive_for_that_symbol_only(forecaster: Forecaster) -> None:
    observe(forecaster, 1, 10, 100)
    forecaster.observe("IBM", 3, [5.0])
    found = forecaster.forecasts(served(Summed()), 3, {"AAPL": 7.0, "IBM": 8.0})
    assert found == {"AAPL": Forecast("v1", 111.0), "IBM": Forecast(NAIVE, 8.0)}
    assert forecaster.fallbacks == {"short": 1, "not finite": 0}


@pytest.mark.parametrize("says", [nan, inf])
def test_a_number_that_is_none_falls_back_to_naive(forecaster: Forecaster, says: float) -> None:
    observe(forecaster, 1, 10, 100)
    found = forecaster.forecasts(served(Summed(says)), 3, {"AAPL": 7.0})
    assert found == {"AAPL": Forecast(NAIVE, 7.0)}
    assert forecaster.fallbacks["not finite"] == 1


def test_a_model_that_raises_falls_back_to_naive(forecaster: Forecaster) -> None:
    observe(forecaster, 1, 10, 100)
    found = forecaster.forecasts(served(Summed(RuntimeError("no"))), 3, {"AAPL": 7.0})
    assert found == {"AAPL": Forecast(NAIVE, 7.0)}
    assert forecaster.fallbacks["failed"] == 1


def test_the_first_row_of_a_bar_stays(forecaster: Forecaster) -> None:
    observe(forecaster, 1, 10, 100)
    forecaster.observe("AAPL", 3, [999.0])
    assert forecaster.forecasts(served(Summed()), 3, {"AAPL": 0.0})["AAPL"].value == 111.0


@pytest.mark.parametrize("x", [None, "row", [1.0, 2.0], object()])
def test_a_row_that_is_none_is_told_and_not_kept(x: object) -> None:
    faults = Faults("handle")
    forecaster = Forecaster(1, 100, faults)
    forecaster.observe("AAPL", 1, x)
    assert faults.messages["row"].startswith("row of AAPL at 1 was not kept: ")
    model = served(Summed(input_size=1))
    assert forecaster.forecasts(model, 1, {"AAPL": 7.0}) == {"AAPL": Forecast(NAIVE, 7.0)}
