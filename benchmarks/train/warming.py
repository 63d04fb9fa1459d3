"""What a warm start costs beside a fit that begins anew, and whether it forecasts as well."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from statistics import median
from typing import Any

import numpy as np

from benchmarks.stream.figure import shown
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train.figure import Figure
from benchmarks.train.market import BITCOIN, DAY, SEED_PARAMS, bars, engineer, named
from benchmarks.train.settled import settled_fit
from benchmarks.train.sizes import Sizes
from clm.learning.frames import predict_rows
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType

PAST, WEEK = 90 * DAY, 7 * DAY
"""Bars that a fit learns from, and between a parent and its child."""

MARGIN, ONE_SIDED = 0.01, 1.645
"""Relative loss that is still as good, and the normal quantile of its bound of 95 %."""

KEYS = {
    "warm_xgboost": (ModelType.XGBOOST, {"trees": 500}),
    "warm_lightgbm": (ModelType.LIGHTGBM, {"trees": 500}),
    "warm_networks": (ModelType.NHITS, {"steps": 100}),
}
"""Key -> the model type and what is settled, for both sides alike."""


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section; a warm start that forecasts worse has no value."""
    frame = engineer().transform(bars(PAST + (sizes.folds + 2) * WEEK, data=sizes.data))
    for key, (model_type, settled) in KEYS.items():
        if not sizes.wants(key):
            continue
        folds = [_fold(frame, fold, model_type, settled, sizes) for fold in range(sizes.folds)]
        yield _figure(key, np.array([costs for costs, _ in folds]), np.array([e for _, e in folds]), sizes)


def _figure(key: str, costs: Any, errors: Any, sizes: Sizes) -> Figure:
    worse = errors[:, 1] / errors[:, 0] - 1
    bound = float(worse.mean() + ONE_SIDED * worse.std(ddof=1) / sqrt(len(worse))) if len(worse) > 1 else 0.0
    raw = {
        "cpu_s": {"cold": shown(median(costs[:, 0])), "warm": shown(median(costs[:, 1]))},
        "mae": {name: shown(float(errors[:, k].mean())) for k, name in enumerate(("cold", "warm", "parent"))},
        "relative_loss": shown(float(worse.mean())),
        "upper_bound_95": shown(bound),
        "margin": MARGIN,
        "folds": len(worse),
        "bars": named(sizes.data, BITCOIN),
    }
    value = shown(float(np.median(costs[:, 1] / costs[:, 0])))
    return Figure(key, value if bound <= MARGIN else None, {**raw, "ratio": value})


def _fold(
    frame: Any, fold: int, model_type: ModelType, settled: dict[str, int], sizes: Sizes
) -> tuple[list[float], list[float]]:
    """CPU seconds (cold, warm) and MAE of the next week (cold, warm, parent)."""
    params, trainer = {**SEED_PARAMS[model_type.value], **sizes.params(model_type)}, NativeTrainer(engineer())
    known = {name: min(value, sizes.settled) for name, value in settled.items()}
    end = PAST + (fold + 1) * WEEK
    old, new = frame.iloc[end - WEEK - PAST : end - WEEK - 1], frame.iloc[end - PAST : end - 1]
    parent = settled_fit(trainer, model_type, old, params, known)
    since = cpu_seconds()
    cold = settled_fit(trainer, model_type, new, params, known)
    between = cpu_seconds()
    warm = trainer.warm(model_type, new, params, parent)
    costs = [between - since, cpu_seconds() - between]
    after = frame.iloc[end - WEEK : end + WEEK].reset_index(drop=True)
    mask = (np.arange(len(after)) >= WEEK) & np.isfinite(after["target"])
    target = after["target"].to_numpy()[mask]
    errors = [np.abs(predict_rows(each, after, mask) - target).mean() for each in (cold, warm, parent)]
    return costs, [float(each) for each in errors]
