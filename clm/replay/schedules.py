"""Fixed schedules, for comparison: retrain every N days, or never, and deploy without any gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.events import DAY, moment
from clm.model import ModelType
from clm.ports import DataClient, RefittingTrainer
from clm.steps.job import Reading
from clm.steps.training import load_frame, split
from clm.steps.workshop import Workshop, fit, refit

if TYPE_CHECKING:
    import pandas as pd

NEVER = "never"


@dataclass(frozen=True)
class Schedule:
    """When a model type is trained again."""

    name: str  # never or every_Nd
    days: float | None  # None: never again


@dataclass(frozen=True)
class Outturn:
    """What a schedule cost and brought."""

    model_type: ModelType
    schedule: str
    mae: float  # target units
    rows: int
    trainings: int
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True)
class Field:
    """What schedules are run on."""

    frame: pd.DataFrame  # the whole history, as the engineer made it
    workshop: Workshop
    data: Callable[[datetime], DataClient]
    predict: Callable[[Any, pd.DataFrame, Any], Any]  # (model, frame, mask) -> value per masked row
    clocks: Callable[[], Reading]


def every(days: float) -> Schedule:
    """Retrain every so many days.

    >>> every(7).name
    'every_7d'
    """
    return Schedule(f"every_{days:g}d", days)


def run(schedule: Schedule, model_type: ModelType, start: int, field: Field) -> Outturn:
    """Play one schedule from its first training at ``start`` (µs) to the end of the history.

    Scores every later row whose outcome is known; a row without enough history takes the naive forecast,
    as the trader's handle does.
    """
    at = field.frame["at"].to_numpy(dtype=np.int64)
    target = field.frame["target"].to_numpy(dtype=np.float64)
    naive = field.frame["naive"].to_numpy(dtype=np.float64)
    judged = (at > start) & np.isfinite(target) & np.isfinite(naive)
    errors, trainings, cpu = np.full(len(at), np.nan), 0, 0.0
    for begin, end in _spans(schedule, start, np.unique(at)):
        since = field.clocks().cpu
        model = _fit(model_type, moment(begin), field)
        cpu += field.clocks().cpu - since
        trainings += 1
        mask = judged & (at > begin) & (at <= end)
        if mask.any():
            value = field.predict(model, field.frame, mask)
            value = np.where(np.isfinite(value), value, naive[mask])
            errors[mask] = np.abs(value - target[mask])
    mae = float(np.nanmean(errors[judged])) if judged.any() else float("nan")
    return Outturn(model_type, schedule.name, mae, int(judged.sum()), trainings, cpu)


def _spans(schedule: Schedule, start: int, closes: Any) -> Iterator[tuple[int, int]]:
    """(training, last bar it serves) of each training, µs; trainings happen at bar closes."""
    begin, last = start, int(closes[-1])
    while schedule.days is not None:
        later = closes[closes >= begin + schedule.days * DAY]
        if len(later) == 0 or int(later[0]) >= last:
            break
        yield begin, int(later[0])
        begin = int(later[0])
    yield begin, last


def _fit(model_type: ModelType, as_of: datetime, field: Field) -> Any:
    frame = load_frame(field.data(as_of), field.workshop)
    rows = split(frame, field.workshop).all
    model = fit(model_type, rows, field.workshop)
    if isinstance(field.workshop.trainer, RefittingTrainer):
        return refit(model_type, rows, field.workshop, model)
    return model
