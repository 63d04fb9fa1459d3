"""What is lost between the fits: idle cores, cores that are fought for, and trainings that never end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from statistics import median
from typing import Any

from benchmarks.stream.figure import ratio, shown, spread
from benchmarks.train.crew import crew
from benchmarks.train.figure import Figure
from benchmarks.train.market import SEED_PARAMS, bars
from benchmarks.train.sizes import Sizes
from benchmarks.train.stable import BASE, fitted

CROWDED = 6
"""Fits per core that an oversubscribed machine is given at once."""

PATIENCE_S = 900.0
"""Longest wait for anything to end."""

DEADLOCK_S = 60.0
"""A short job that has not ended after so long never will."""

SHORT: Mapping[str, Mapping[str, Any]] = {
    "xgboost": {"n_estimators": 5, "max_depth": 3},
    "lightgbm": {"n_estimators": 5, "max_depth": 3},
    "nhits": {"max_steps": 2, "mlp_units": [[8, 8]] * 3, "input_size": 24, "h": 2},
    "patchtst": {
        "max_steps": 2,
        "hidden_size": 16,
        "n_heads": 2,
        "encoder_layers": 1,
        "input_size": 24,
        "h": 2,
    },
}
TURNS = ("xgboost", "lightgbm") * 4 + ("nhits", "patchtst")
"""Short jobs, again and again: two of ten are networks, whose first step in a process takes longest."""

SHORT_BARS = 480


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section."""
    if sizes.wants("makespan_over_bound"):
        yield _makespan(sizes)
    if sizes.wants("oversubscribed_over_quiet"):
        yield _oversubscribed(sizes)
    if sizes.wants("deadlocks"):
        yield _deadlocks(sizes)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _makespan(sizes: Sizes) -> Figure:
    """Each training alone, then all four together; the first round makes the features and does not count."""
    params = {each.value: {**SEED_PARAMS[each.value], **sizes.together(each)} for each in BASE}
    frame, count = bars(sizes.cycle_bars), min(cores(), len(params))
    spans, bounds, alone = list[float](), list[float](), dict[str, list[float]]()
    with crew(frame, params, count, training_lookback_days=sizes.cycle_bars / 24) as (hands, _):
        for number in range(sizes.passes + 1):
            took = {name: _alone(hands, name) for name in params}
            _, span = hands.train(list(params), PATIENCE_S)
            if number:
                spans.append(span)
                bounds.append(max(*took.values(), sum(took.values()) / count))
                for name, seconds in took.items():
                    alone.setdefault(name, []).append(seconds)
    raw = {
        "unit": "wall s",
        "workers": count,
        "makespan": spread(spans),
        "bound": spread(bounds),
        "alone": {name: shown(median(each)) for name, each in alone.items()},
    }
    return Figure("makespan_over_bound", ratio(spans, bounds), raw)


def _alone(hands: Any, name: str) -> float:
    """Seconds of a training that has the machine to itself, as its record tells them."""
    (record,), _ = hands.train([name], PATIENCE_S)
    if record.phase != "candidate":
        raise RuntimeError(f"the training of {name} failed: {record.error}")
    return float(record.duration_seconds)


def _oversubscribed(sizes: Sizes) -> Figure:
    """The same fits, one per core at a time and six per core; in turns, so that both see the same machine."""
    params = {each.value: {**SEED_PARAMS[each.value], **sizes.crowd(each)} for each in BASE}
    quiet, crowded = cores(), CROWDED * cores()
    rounds = -(-crowded // len(params))
    asked = {"params": params, "bars": sizes.cycle_bars, "rounds": rounds, "widths": [quiet, crowded]}
    costs: dict[int, list[float]] = {quiet: [], crowded: []}
    for _ in range(sizes.passes):
        told = _crowd(asked)
        for width, sums in costs.items():
            sums.append(sum(told[str(width)]))
    raw = {
        "unit": f"CPU s of {rounds * len(params)} fits",
        f"{quiet} at once": spread(costs[quiet]),
        f"{crowded} at once": spread(costs[crowded]),
    }
    return Figure("oversubscribed_over_quiet", ratio(costs[crowded], costs[quiet]), raw)


def _crowd(asked: dict[str, Any]) -> dict[str, list[float]]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.train.crowd"],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    told: dict[str, list[float]] = json.loads(done.stdout)
    return told


def _deadlocks(sizes: Sizes) -> Figure:
    """Short trainings by workers of a process that has trained all four model types itself."""
    fitted(sizes.trees)
    names, limits = list(islice(cycle(TURNS), sizes.jobs)), dict.fromkeys(SHORT, DEADLOCK_S)
    settings = {"run_limit_seconds": limits, "training_lookback_days": SHORT_BARS / 24}
    with crew(bars(SHORT_BARS), SHORT, cores(), **settings) as (hands, _):
        ended, span = hands.train(names, PATIENCE_S)
    failed = [each for each in ended if each.phase != "candidate"]
    hung = [each for each in failed if "run_limit_seconds" in (each.error or "")]
    raw = {
        "jobs": len(ended),
        "failed for another reason": len(failed) - len(hung),
        "tried again": sum(each.attempt > 1 for each in ended),
        "jobs_per_second": shown(len(ended) / span),
        "cpu_s_per_job": shown(sum(each.cpu_seconds for each in ended) / len(ended)),
    }
    return Figure("deadlocks", len(hung), raw)
