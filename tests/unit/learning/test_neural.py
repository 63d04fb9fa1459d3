"""The networks are the library's own, quiet, the same for a seed, and forecast without its detours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clm.errors import ConfigurationError, CorruptArtifact, InsufficientData
from clm.learning.network_parameters import Setting, stacks
from clm.learning.neural import NeuralModel, NHITSModel, PatchTSTModel
from clm.learning.session import session
from tests.unit.learning.market import NETWORK

KINDS = [NHITSModel, PatchTSTModel]
Kind = type[NeuralModel]
SETTING = Setting(column=1, horizon=2, seed=1)
CHANCE = np.random.default_rng(1)
SERIES = {name: CHANCE.normal(5, 2, 120).astype(np.float32) for name in ("A", "B")}
WINDOWS = CHANCE.normal(5, 2, (6, 8, 3)).astype(np.float32)


def trained(kind: Kind, setting: Setting = SETTING, **changes: Any) -> NeuralModel:
    return kind.train(SERIES, {**NETWORK[kind.model_type], **changes}, setting)


def library_forecasts(model: NeuralModel, rows: np.ndarray) -> np.ndarray:
    """What neuralforecast's own ``predict`` says after each row of standardised values (n, steps)."""
    import pandas as pd
    from neuralforecast.tsdataset import TimeSeriesDataset

    n, size = rows.shape
    table = np.column_stack([rows.ravel(), np.ones(n * size, np.float32)])
    names, bounds = pd.Index(["y", "available_mask"]), np.arange(0, n * size + 1, size, dtype=np.int32)
    with session():
        said = model._network.predict(TimeSeriesDataset(table, names, bounds, y_idx=0))
    return np.asarray(said, np.float32).reshape(n, -1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_direct_forecast_is_the_library_s_own_bit_for_bit(kind: Kind) -> None:
    model = trained(kind)
    own = library_forecasts(model, model.lens.inward(WINDOWS[:, :, 1]))
    assert np.array_equal(model.predict(WINDOWS), model.lens.outward(own[:, 1]))  # step 2 of 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_comes_back_from_its_weights_bit_for_bit(kind: Kind) -> None:
    model = trained(kind)
    again = kind.from_weights(model.weights(), model.facts())
    assert np.array_equal(again.predict(WINDOWS), model.predict(WINDOWS))
    assert again.weights() == model.weights()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_weights_and_another_one_others(kind: Kind) -> None:
    seeds = (1, 1, 2)
    first, again, other = (trained(kind, Setting(1, 2, seed)).weights() for seed in seeds)
    assert first == again
    assert first != other


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_series_column_matters(kind: Kind) -> None:
    noise = WINDOWS.copy()
    noise[:, :, [0, 2]] = 0
    model = trained(kind)
    assert np.array_equal(model.predict(noise), model.predict(WINDOWS))


def test_a_fit_says_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    trained(NHITSModel)
    assert list(tmp_path.iterdir()) == []
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_it_learns_a_series_that_repeats(kind: Kind) -> None:
    wave = np.tile([0.0, 1.0, 0.0, -1.0], 60).astype(np.float32)
    params = {**NETWORK[kind.model_type], "max_steps": 150, "learning_rate": 0.01}
    model = kind.train({"A": wave}, params, Setting(0, 1, 1))
    windows = np.stack([wave[k : k + 8] for k in range(4)])[:, :, None]
    assert np.abs(model.predict(windows) - wave[8:12]).mean() < 0.25  # the last value is off by 1


def test_a_symbol_that_is_too_short_is_left_out_and_noted() -> None:
    model = NHITSModel.train({**SERIES, "C": SERIES["A"][:9]}, NETWORK["nhits"], SETTING)
    assert model.lens.left_out == ("C",)


def test_too_little_of_everything_names_rows_and_need() -> None:
    with pytest.raises(InsufficientData, match=r"10 rows of one symbol .* at most 9"):
        NHITSModel.train({"A": SERIES["A"][:9]}, NETWORK["nhits"], SETTING)


def test_a_gap_in_a_window_is_bridged_and_one_at_its_begin_is_not() -> None:
    model, holed = trained(NHITSModel), WINDOWS.copy()
    holed[0, 4, 1] = np.nan
    holed[1, 0, 1] = np.nan
    value = model.predict(holed)
    assert np.isfinite(value[0])
    assert np.isnan(value[1])


def test_three_blocks_are_three_stacks_of_one() -> None:
    wanted = NHITSModel.library_params({"n_blocks": 3, "h": 2}, SETTING)
    assert wanted["n_blocks"] == [1, 1, 1]
    assert stacks(3).keys() <= wanted.keys()
    assert NHITSModel.library_params({"n_blocks": [3, 3, 3]}, SETTING)["n_blocks"] == [3, 3, 3]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"h": 1}, "h is 1"), ({"hidden": 3}, "hidden"), ({"n_heads": 3}, "divisible"), ({"h": 0}, "h is 0")],
)
def test_what_cannot_be_is_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        trained(PatchTSTModel, **wrong)


@pytest.mark.parametrize("data", [b"garbage", b"\x80\x04pickled"])
def test_bytes_that_are_no_network_are_refused(data: bytes) -> None:
    with pytest.raises(CorruptArtifact):
        NHITSModel.from_weights(data, {"column": 0, "mean": 0.0, "std": 1.0, "step": 1, "left_out": []})
