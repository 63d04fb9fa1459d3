"""What a warm start costs beside a fit that begins anew, and whether it forecasts as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.stream.figure import shown
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train.figure import Figure
from benchmarks.train.market import BITCOIN, DAY, SEED_PARAMS, bars, engineer, named
from benchmarks.train.settled import settled_fit
from benchmarks.train.sizes import Sizes
from clm.learning.bundle import Bundle
from clm.learning.frames import predict_rows
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType

if TYPE_CHECKING:
    import pandas as pd

PAST, WEEK = 90 * DAY, 7 * DAY
"""Bars that a fit learns from, and between a parent and its child."""

MARGIN, ONE_SIDED = 0.01, 1.645
"""Relative loss that is still as good, and the normal quantile of its bound of 95 %."""


@dataclass(frozen=True)
class Race:
    """Of warm starts with fits that begin anew."""

    model_type: ModelType
    settled: Mapping[str, int] | None = None  # for both sides alike; None: as each parent settles it
    times: int = 1  # of the folds that are asked for: what varies more from week to week needs more weeks


RACES = {
    "warm_xgboost": Race(ModelType.XGBOOST, times=2),
    "warm_lightgbm": Race(ModelType.LIGHTGBM, times=2),
    "warm_networks": Race(ModelType.NHITS, {"steps": 100}),
}
"""Key -> what is raced for it."""


@dataclass(frozen=True)
class Fold:
    """What a week told."""

    cold: float  # CPU seconds
    warm: float
    errors: tuple[float, float, float]  # MAE of the next week: cold, warm, parent


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section; a warm start that forecasts worse has no value."""
    for key, race in RACES.items():
        if sizes.wants(key):
            yield _figure(key, list(_folds(race, sizes)), sizes)


def _figure(key: str, folds: Sequence[Fold], sizes: Sizes) -> Figure:
    errors = np.array([each.errors for each in folds])
    worse = errors[:, 1] / errors[:, 0] - 1
    bound = float(worse.mean() + ONE_SIDED * worse.std(ddof=1) / sqrt(len(worse))) if len(worse) > 1 else 0.0
    raw = {
        "cpu_s": {name: shown(median(getattr(each, name) for each in folds)) for name in ("cold", "warm")},
        "mae": {name: shown(float(errors[:, k].mean())) for k, name in enumerate(("cold", "warm", "parent"))},
        "relative_loss": shown(float(worse.mean())),
        "upper_bound_95": shown(bound),
        "margin": MARGIN,
        "folds": len(worse),
        "bars": named(sizes.data, BITCOIN),
    }
    value = shown(median(each.warm / each.cold for each in folds))
    return Figure(key, value if bound <= MARGIN else None, {**raw, "ratio": value})


def _folds(race: Race, sizes: Sizes) -> Iterator[Fold]:
    """Week after week a fit that begins anew and one that goes on from last week's, as large as that one."""
    count, each = sizes.folds * race.times, race.model_type
    frame = engineer().transform(bars(PAST + (count + 1) * WEEK, data=sizes.data))
    params, trainer = {**SEED_PARAMS[each.value], **sizes.params(each)}, NativeTrainer(engineer())
    known = race.settled and {name: min(value, sizes.settled) for name, value in race.settled.items()}
    parent = _parent(each, trainer, frame.iloc[: PAST - 1], params, known)
    for end in range(PAST + WEEK, PAST + (count + 1) * WEEK, WEEK):
        rows, since = frame.iloc[end - PAST : end - 1], cpu_seconds()
        cold = settled_fit(trainer, each, rows, params, parent.settled)
        between = cpu_seconds()
        warm = trainer.warm(each, rows, params, parent)
        spent = cpu_seconds() - between
        errors = _errors((cold, warm, parent), frame.iloc[end - WEEK : end + WEEK].reset_index(drop=True))
        yield Fold(between - since, spent, errors)
        parent = cold if known else _parent(each, trainer, rows, params, known)


def _parent(
    model_type: ModelType,
    trainer: NativeTrainer,
    rows: pd.DataFrame,
    params: Mapping[str, Any],
    known: Mapping[str, int] | None,
) -> Bundle:
    """A fit to every row, as large as is known or as the fit without the newest rows settles."""
    settled = known or getattr(trainer, f"train_{model_type.value}")(rows, dict(params)).settled
    return settled_fit(trainer, model_type, rows, params, settled)


def _errors(models: tuple[Bundle, Bundle, Bundle], after: pd.DataFrame) -> tuple[float, float, float]:
    """MAE of each model in the second of two weeks."""
    mask = (np.arange(len(after)) >= WEEK) & np.isfinite(after["target"].to_numpy())
    due = after["target"].to_numpy()[mask]
    cold, warm, parent = (float(np.abs(predict_rows(each, after, mask) - due).mean()) for each in models)
    return cold, warm, parent
