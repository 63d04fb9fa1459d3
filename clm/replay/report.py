"""The report of a replay: facts as plain values, the same for ``clm replay`` and the demo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clm.decisions.direction import ratio
from clm.ports import RunRecord
from clm.records import PROMOTED, REGISTRY, ROLLED_BACK, Decision, log_sha256
from clm.replay.schedules import Outturn
from clm.replay.trader import Told

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Played:
    """What a finished replay left behind."""

    scope: str
    target: str
    horizon: int  # bars
    settings: Mapping[str, Any]
    events: Mapping[str, int]  # predictions, outcomes, joined, quarantined
    decisions: Sequence[Decision]
    runs: Sequence[RunRecord]
    ledger: Sequence[tuple[Told, float]]
    outturns: Sequence[Outturn]


def report(played: Played) -> dict[str, Any]:
    """Every fact of a replay; losses are mean absolute errors in target units."""
    by_kind = {
        "triggers": ("watcher", {"retrain"}),
        "promotions": (REGISTRY, {PROMOTED}),
        "rejections": ("shadow", {"reject"}),
        "rollbacks": (REGISTRY, {ROLLED_BACK}),
    }
    return {
        "report_version": VERSION,
        "scope": played.scope,
        "target": played.target,
        "horizon": played.horizon,
        "settings": dict(played.settings),
        "events": dict(played.events),
        "trainings": [_run(record) for record in played.runs],
        **{
            name: [d.record() for d in played.decisions if d.role == role and d.kind in kinds]
            for name, (role, kinds) in by_kind.items()
        },
        "loss": losses(played),
        "rows": {each: _rows(played, each) for each in _models(played)},
        "cpu_seconds": cpu_seconds(played),
        "schedule_trainings": {
            each: {o.schedule: o.trainings for o in played.outturns if o.model_type.value == each}
            for each in _models(played)
        },
        "decision_log_sha256": log_sha256(played.decisions),
    }


def first_training(runs: Iterable[RunRecord], model_type: str) -> int | None:
    """The ``as_of`` (µs) of a model type's first training that gave a candidate."""
    made = [r.as_of for r in runs if r.model_type == model_type and r.phase == "candidate"]
    return min(made, default=None)


def losses(played: Played) -> dict[str, dict[str, float]]:
    """By model type: the loop, the naive forecast and each schedule, on the same rows."""
    table: dict[str, dict[str, float]] = {}
    for model_type in _models(played):
        rows = _judged(played, model_type)
        table[model_type] = {
            "loop": ratio_of(abs(told.value - outcome) for told, outcome in rows),
            "naive": ratio_of(abs(told.naive - outcome) for told, outcome in rows),
        }
    for outturn in played.outturns:
        table.setdefault(outturn.model_type.value, {})[outturn.schedule] = outturn.mae
    return table


def cpu_seconds(played: Played) -> dict[str, dict[str, float]]:
    """By model type: CPU seconds of all trainings of the loop and of each schedule."""
    table: dict[str, dict[str, float]] = {}
    for record in played.runs:
        spent = table.setdefault(record.model_type, {"loop": 0.0})
        spent["loop"] += record.cpu_seconds
    for outturn in played.outturns:
        table.setdefault(outturn.model_type.value, {})[outturn.schedule] = outturn.cpu_seconds
    return table


def ratio_of(values: Iterable[float]) -> float:
    """The mean, NaN of nothing."""
    kept = list(values)
    return sum(kept) / len(kept) if kept else ratio(0, 0)


def _models(played: Played) -> list[str]:
    return sorted({told.model_type for told, _ in played.ledger})


def _rows(played: Played, model_type: str) -> int:
    return len(_judged(played, model_type))


def _judged(played: Played, model_type: str) -> list[tuple[Told, float]]:
    """The predictions after the first training; all of them while there was none."""
    start = first_training(played.runs, model_type)
    rows = ((told, out) for told, out in played.ledger if told.model_type == model_type)
    return [(told, out) for told, out in rows if start is None or told.at > start]


def _run(record: RunRecord) -> dict[str, Any]:
    names = ("run", "model_type", "as_of", "trigger", "phase", "version", "error", "attempt")
    costs = ("cpu_seconds", "duration_seconds")
    return {name: getattr(record, name) for name in (*names, *costs)}
