"""A cycle beside what the libraries' default budgets would cost, and whether five times our steps pay."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.stream.figure import shown, spread
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train.figure import Figure
from benchmarks.train.market import BITCOIN, DAY, SEED_PARAMS, bars, engineer, named
from benchmarks.train.resampling import relative
from benchmarks.train.settled import settled_fit
from benchmarks.train.sizes import Sizes
from benchmarks.train.stable import BASE
from benchmarks.train.warming import MARGIN
from clm.learning.features import SERIES_NOW
from clm.learning.frames import by_symbol, predict_rows
from clm.learning.network_parameters import DEFAULTS
from clm.learning.neural import TRAINER
from clm.learning.rows import rows_of
from clm.learning.series import dataset, without_gaps
from clm.learning.session import session
from clm.learning.trainer import BOOSTERS, NETWORKS, NativeTrainer
from clm.model import ModelType

if TYPE_CHECKING:
    import pandas as pd

PAST, FUTURE = 90 * DAY, 30 * DAY
"""Bars that a fit learns from, and that it is judged on."""

TIMES = 5
"""What the other gets of our steps."""


def figure(cycle: float, frame: pd.DataFrame, sizes: Sizes) -> Figure:
    """The row ``cycle_over_defaults``; without a value where more steps forecast better.

    Parameters:
        cycle: CPU seconds of a whole cycle.
        frame: its features.
    """
    costs = {each.value: _default(each, frame, sizes) for each in BASE}
    whole = sum(cost["whole"] for cost in costs.values())
    quality = _quality(sizes)
    value = shown(cycle / whole)
    raw = {
        "cycle_cpu_s": shown(cycle),
        "defaults_cpu_s": shown(whole),
        **costs,
        "loss_against_more": quality,
        "folds": sizes.judged,
        "margin": MARGIN,
        "bars": named(sizes.data, BITCOIN),
        "ratio": value,
    }
    good = all(each["bound"] <= MARGIN for each in quality.values())
    return Figure("cycle_over_defaults", value if good else None, raw)


def _default(model_type: ModelType, frame: pd.DataFrame, sizes: Sizes) -> dict[str, Any]:
    """CPU seconds of a fit at the library's budget, or with the specification's trees in full."""
    rows = rows_of(frame, engineer().get_feature_names())
    if model_type in BOOSTERS:
        params = {**SEED_PARAMS[model_type.value], **sizes.params(model_type), "early_stopping_rounds": 0}
        since = cpu_seconds()
        BOOSTERS[model_type].train(rows.x, rows.y, params, 1)
        return {"whole": shown(cpu_seconds() - since)}
    column = engineer().get_feature_names().index(SERIES_NOW)
    series = [without_gaps(rows.x[part, column]) for part in by_symbol(rows.frame).values()]
    steps = max(1, math.ceil(sizes.default_steps / sizes.passes))
    costs = [_per_step(model_type, series, steps) for _ in range(sizes.passes)]
    most = inspect.signature(NETWORKS[model_type]._library_class()).parameters["max_steps"].default
    made = {"cpu_s_per_step": spread(costs), "steps_measured": steps * sizes.passes, "max_steps": most}
    return {**made, "whole": shown(median(costs) * most)}


def _per_step(model_type: ModelType, series: list[Any], steps: int) -> float:
    """Of neuralforecast's fit, all parameters as it has them but the window and the horizon."""
    shape = {name: SEED_PARAMS[model_type.value][name] for name in ("h", "input_size")}
    with session():
        network = NETWORKS[model_type]._library_class()(**shape, max_steps=steps, **TRAINER)
        data, since = dataset(series), cpu_seconds()
        network.fit(data)
        return (cpu_seconds() - since) / steps


def _quality(sizes: Sizes) -> dict[str, dict[str, float]]:
    """Model type -> how much more its default recipe loses than itself with five times the steps."""
    frame = engineer().transform(bars(PAST + (sizes.judged + 1) * FUTURE, data=sizes.data))
    found = {}
    for each in BASE:
        folds = [_fold(frame, fold, each, sizes) for fold in range(sizes.judged)]
        found[each.value] = relative(folds).plain()
    return found


def _fold(frame: pd.DataFrame, fold: int, model_type: ModelType, sizes: Sizes) -> tuple[Any, Any]:
    """Absolute errors (rows,) of the next month: settled and refitted by default, and with more steps.

    Boosters get all of the specification's trees instead. Both without calibration.
    """
    end = PAST + fold * FUTURE
    past, after = frame.iloc[end - PAST : end - 1], frame.iloc[end - PAST : end + FUTURE]
    after = after.reset_index(drop=True)
    mask = (np.arange(len(after)) >= PAST) & np.isfinite(after["target"].to_numpy())
    due, trainer = after["target"].to_numpy()[mask], NativeTrainer(engineer())
    params = {**SEED_PARAMS[model_type.value], **sizes.params(model_type)}
    known: Mapping[str, Any] = {}
    if model_type is not ModelType.PATCHTST:  # which makes every step and settles nothing
        known = getattr(trainer, f"train_{model_type.value}")(past, dict(params)).settled
    ours = settled_fit(trainer, model_type, past, params, known)
    more = _more(model_type, ours.settled, params)
    longer = {**params, **_longer(model_type, params)}
    models = ours, settled_fit(trainer, model_type, past, longer, more)
    said = [predict_rows(each.model, after, mask, each.columns) for each in models]
    return np.abs(said[0] - due), np.abs(said[1] - due)


def _more(model_type: ModelType, settled: Any, params: Any) -> dict[str, Any]:
    """What the other is told to make."""
    if model_type in BOOSTERS:
        return {**settled, "trees": int(params["n_estimators"])}
    return {"steps": TIMES * int(settled["steps"])}


def _longer(model_type: ModelType, params: Any) -> dict[str, int]:
    """Parameters of the other: the schedule of a network's learning rate is as long as its steps."""
    most = params.get("max_steps", DEFAULTS["max_steps"])
    return {} if model_type in BOOSTERS else {"max_steps": TIMES * most}
