"""Groups of symbols have a model each, behind one version: trained alike, stored and asked by symbol."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clm.data.synthetic import synthetic_bars
from clm.errors import ConfigurationError, InsufficientData
from clm.events import InputRow
from clm.learning.blocks import predict_block, predict_groups, steady
from clm.learning.bundle import Bundle, about, pack, unpack
from clm.learning.explanation import Explainer
from clm.learning.frames import predict_rows
from clm.learning.group_trainer import GroupTrainer
from clm.learning.grouped import group_of
from clm.learning.scoring import BundleScorer
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from clm.scope import Scope
from clm.steps.splits import split_frame
from clm.store.artifact_store import MemoryArtifactStore
from clm.store.event_log import StreamInputLog
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from tests.unit.learning.market import HOUR, PARAMS, engineer

TYPE = ModelType.LIGHTGBM
PARAM = {**PARAMS["lightgbm"], "warm_starts": 1}
EVERY = pytest.mark.parametrize("name", [each.value for each in ModelType])


@cache
def frame() -> pd.DataFrame:
    """A and D lie in different groups of two, D and E in the same one."""
    assert [group_of(symbol, 2) for symbol in "ADE"] == [1, 0, 0]
    return engineer().transform(synthetic_bars(("A", "D", "E"), 200, seed=1, bar_seconds=HOUR))


def of(*symbols: str) -> pd.DataFrame:
    return frame()[frame()["symbol"].isin(symbols)]


def trainer(groups: int = 2) -> GroupTrainer:
    return GroupTrainer(NativeTrainer(engineer()), groups)


@cache
def grouped(name: str = "lightgbm") -> Bundle:
    return getattr(trainer(), f"train_{name}")(frame(), dict(PARAMS[name]))


def same(a: Bundle, b: Bundle) -> bool:
    return bool(a.model.weights() == b.model.weights() and a.shrink == b.shrink)


def rows_of(model: Any, df: pd.DataFrame) -> Any:
    return predict_rows(model, df, np.ones(len(df), bool))


@EVERY
def test_each_group_has_the_model_that_the_same_trainer_fits_to_it_alone(name: str) -> None:
    alone = getattr(NativeTrainer(engineer()), f"train_{name}")
    made = grouped(name)
    assert same(made.part("A"), alone(of("A"), dict(PARAMS[name])))
    assert same(made.part("E"), alone(of("D", "E"), dict(PARAMS[name])))
    assert made.part("D") is made.part("E")
    assert made.rows == sum(each.rows for each in made.parts.values())


@EVERY
def test_forecasts_are_asked_of_whose_symbol_it_is(name: str) -> None:
    made = grouped(name)
    whole = rows_of(made, frame())
    for symbol in "ADE":
        mine = (frame()["symbol"] == symbol).to_numpy()
        assert np.array_equal(whole[mine], rows_of(made.part(symbol), of(symbol)), equal_nan=True)


def test_a_symbol_that_no_training_saw_is_forecast_by_its_group_or_the_next_one() -> None:
    assert grouped().part("B") is grouped().part("A")  # B is of A's group
    lonely = trainer(2).train_lightgbm(of("A"), dict(PARAM))
    assert lonely.part("D") is lonely.part("A")


def test_windows_without_a_symbol_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"ask the bundle's part\(symbol\)"):
        grouped().predict(np.zeros((1, 1, len(grouped().columns)), np.float32))


@EVERY
def test_one_file_holds_them_all_without_a_pickle_and_comes_back_bit_for_bit(name: str) -> None:
    data = pack(grouped(name))
    again = unpack(data)
    assert pack(again) == data
    assert np.array_equal(rows_of(again, frame()), rows_of(grouped(name), frame()), equal_nan=True)
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        assert box.namelist() == ["manifest.json", "groups.zip"]
        assert about(data)["groups"]["1"] == about(pack(grouped(name).part("A")))
        with zipfile.ZipFile(io.BytesIO(box.read("groups.zip"))) as groups:
            assert groups.namelist() == ["0", "1"]
            assert groups.read("1") == pack(grouped(name).part("A"))


def test_a_refit_repeats_what_each_group_settled_and_a_warm_start_goes_on_from_each() -> None:
    first, native = grouped(), NativeTrainer(engineer())
    again = trainer().refit(TYPE, frame(), PARAMS["lightgbm"], first)
    alone = native.refit(TYPE, of("A"), PARAMS["lightgbm"], first.part("A"))
    assert same(again.part("A"), alone)
    parent = trainer().train_lightgbm(frame(), dict(PARAM))
    assert trainer().objection(TYPE, PARAM, parent) == ""
    warm = trainer().warm(TYPE, frame(), PARAM, parent)
    assert same(warm.part("D"), native.warm(TYPE, of("D", "E"), PARAM, parent.part("D")))
    assert warm.generation == 1


def test_other_groups_are_not_gone_on_from() -> None:
    assert trainer(3).objection(TYPE, PARAM, grouped()) == "the active model has other groups of symbols"
    assert trainer().objection(TYPE, PARAM, grouped().part("A")) != ""


def test_a_group_with_too_few_rows_is_left_out_and_its_symbols_go_to_the_next() -> None:
    made = trainer().train_lightgbm(pd.concat([of("A").head(30), of("D", "E")]), dict(PARAM))
    assert sorted(made.parts) == [0]
    assert made.part("A") is made.part("D")
    with pytest.raises(InsufficientData, match="no group of symbols can be trained: 30 of 30 rows"):
        trainer().train_lightgbm(of("A").head(30), dict(PARAM))


@pytest.mark.parametrize("name", ["lightgbm", "nhits"])
def test_a_block_of_windows_of_many_symbols_is_divided_among_the_groups(name: str) -> None:
    made = grouped(name)
    windows = np.random.default_rng(1).normal(size=(6, made.input_size, len(made.columns))).astype("f4")
    symbols = ["A", "D", "A", "E", "E", "A"]
    told = predict_groups(made, windows, symbols)
    for symbol in "ADE":
        mine = [k for k, each in enumerate(symbols) if each == symbol]
        assert np.array_equal(told[mine], predict_block(made.part(symbol), windows[mine]))
    assert steady(made)


def test_the_shadow_scores_a_published_row_by_its_symbols_group() -> None:
    inputs, artifacts = StreamInputLog(MemoryKeyspace(), Keys("default")), MemoryArtifactStore()
    score, sha256 = BundleScorer(artifacts, inputs, Scope()), artifacts.put(pack(grouped()))
    newest = frame().groupby("symbol").tail(2).sort_values("at", kind="stable")
    x = newest[list(grouped().columns)].to_numpy("<f4")
    keys = list(zip(newest["symbol"], newest["at"].tolist(), strict=True))
    for (symbol, at), row in zip(keys, x, strict=True):
        inputs.append(InputRow(symbol, at, grouped().schema, row.tobytes()))
    for (symbol, at), row in zip(keys, x, strict=True):
        assert score(sha256, symbol, at) == grouped().part(symbol).predict(row[None, None])[0]


def test_an_explanation_asks_each_group_of_its_own_rows() -> None:
    parts = split_frame(frame(), 0.2, 1)
    told = Explainer(12)(grouped(), parts)
    assert told is not None
    each = [replace(parts, holdout=parts.holdout[parts.holdout["symbol"] == symbol]) for symbol in "ADE"]
    alone = [Explainer(4)(grouped().part(symbol), own) for symbol, own in zip("ADE", each, strict=True)]
    sizes = [{one["name"]: one["mean_abs"] for one in found["features"]} for found in alone if found]
    first = told["features"][0]
    assert first["mean_abs"] == pytest.approx(np.mean([one[first["name"]] for one in sizes]), rel=0.5)
