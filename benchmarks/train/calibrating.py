"""How much of its excess loss over naive calibration takes from a model of returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.stream.figure import shown
from benchmarks.train.figure import Figure
from benchmarks.train.market import HOUR, SEED_PARAMS, Candles, bars, engineer, named
from benchmarks.train.sizes import Sizes
from clm.learning.features import TechnicalFeatures
from clm.learning.frames import predict_rows
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType

if TYPE_CHECKING:
    import pandas as pd

COINS = ("BTCUSDT", "DOGEUSDT", "ETHUSDT", "LINKUSDT", "SHIBUSDT", "SOLUSDT")
CANDLES = tuple(Candles("crypto_5m_2024h1.parquet", coin, 300) for coin in COINS)
"""Another file than the hourly one by which the rule of calibration was chosen."""


@dataclass(frozen=True)
class Span:
    """Bars of a fold."""

    past: int  # that a fit learns from
    future: int  # that it is judged on


HOURS, MINUTES = Span(90 * 24, 21 * 24), Span(30 * 288, 21 * 288)

WAYS = {"every_tree": {"early_stopping_rounds": 0}, "stopped": {}}
"""The specification's trees in full, of which the figure is, and stopped by checks, as is the default."""


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The row of this section: the worst over folds, models and both sides."""
    folds = list(_folds(sizes))
    raw: dict[str, Any] = {"bars": named(sizes.data, *CANDLES), "folds": len(folds)}
    worst = 0.0
    for model_type in (ModelType.XGBOOST, ModelType.LIGHTGBM):
        for way, changes in WAYS.items():
            params = {**SEED_PARAMS[model_type.value], **sizes.params(model_type), **changes}
            found = np.array([_excess(fold, model_type, params) for fold in folds])
            before, after = found.max(axis=0)
            raw[f"{model_type.value}_{way}"] = {
                "worst_before": shown(float(before)),
                "worst_after": shown(float(after)),
                "mean_before": shown(float(found[:, 0].mean())),
                "mean_after": shown(float(found[:, 1].mean())),
            }
            if way == "every_tree" and before > 0:
                worst = max(worst, after / before)
    yield Figure("calibration_excess", shown(worst), raw)


@dataclass(frozen=True)
class Fold:
    """What a model learns from and is judged on."""

    shape: TechnicalFeatures
    past: pd.DataFrame
    after: pd.DataFrame


def _folds(sizes: Sizes) -> Iterator[Fold]:
    """Of the six coins in turns, or of one synthetic symbol."""
    candles, span = (CANDLES, MINUTES) if sizes.data else (CANDLES[:1], HOURS)
    shape = engineer("return", 1, candles[0].bar if sizes.data else HOUR)
    turns = -(-sizes.calibrated // len(candles))
    count = span.past + (turns + 1) * span.future
    frames = [shape.transform(bars(count, data=sizes.data, candles=each)) for each in candles]
    for number in range(sizes.calibrated):
        turn, coin = divmod(number, len(candles))
        end = span.past + turn * span.future
        after = frames[coin].iloc[end : end + span.future].reset_index(drop=True)
        yield Fold(shape, frames[coin].iloc[end - span.past : end - 1], after)


def _excess(fold: Fold, model_type: ModelType, params: dict[str, Any]) -> tuple[float, float]:
    """RMSE over naive's less 1, of a model as it was fitted and as it is calibrated."""
    trainer, after = NativeTrainer(fold.shape), fold.after
    made = getattr(trainer, f"train_{model_type.value}")(fold.past, params)
    mask = np.isfinite(after["target"].to_numpy()) & np.isfinite(after["naive"].to_numpy())
    due, naive = after["target"].to_numpy()[mask], after["naive"].to_numpy()[mask]
    rms = [
        float(np.sqrt(np.mean((said - due) ** 2)))
        for said in (
            predict_rows(made.model, after, mask, made.columns),
            predict_rows(made, after, mask),
            naive,
        )
    ]
    return rms[0] / rms[2] - 1, rms[1] / rms[2] - 1
