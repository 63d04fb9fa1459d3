"""How much of its excess loss over naive calibration takes from a model of returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.stream.figure import shown
from benchmarks.train.figure import Figure
from benchmarks.train.market import DAY, SEED_PARAMS, bars, engineer
from benchmarks.train.sizes import Sizes
from clm.learning.frames import predict_rows
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType

PAST, FUTURE = 90 * DAY, 21 * DAY
"""Bars that a fit learns from, and that it is judged on."""

WAYS = {"every_tree": {"early_stopping_rounds": 0}, "stopped": {}}
"""The specification's trees in full, of which the figure is, and stopped by checks, as is the default."""


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The row of this section: the worst over folds, models and both sides."""
    shape = engineer("return", 1)
    frame = shape.transform(bars(PAST + (sizes.calibrated + 1) * FUTURE, file=sizes.hourly))
    raw: dict[str, Any] = {"bars": sizes.hourly or "synthetic", "folds": sizes.calibrated}
    worst = 0.0
    for model_type in (ModelType.XGBOOST, ModelType.LIGHTGBM):
        for way, changes in WAYS.items():
            params = {**SEED_PARAMS[model_type.value], **sizes.params(model_type), **changes}
            found = np.array([_excess(frame, fold, model_type, params) for fold in range(sizes.calibrated)])
            before, after = found.max(axis=0)
            raw[f"{model_type.value}_{way}"] = {
                "worst_before": shown(float(before)),
                "worst_after": shown(float(after)),
                "mean_before": shown(float(found[:, 0].mean())),
                "mean_after": shown(float(found[:, 1].mean())),
            }
            if way == "every_tree":
                worst = max(worst, after / before)
    yield Figure("calibration_excess", shown(worst), raw)


def _excess(frame: Any, fold: int, model_type: ModelType, params: dict[str, Any]) -> tuple[float, float]:
    """RMSE over naive's less 1, of a model as it was fitted and as it is calibrated."""
    end = PAST + fold * FUTURE
    made = getattr(NativeTrainer(engineer("return", 1)), f"train_{model_type.value}")(
        frame.iloc[end - PAST : end - 1], params
    )
    after = frame.iloc[end : end + FUTURE].reset_index(drop=True)
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
