"""The tape: what a trader with eight symbols and four model types publishes, bar after bar.

A bar brings the predictions of every symbol and model type, then the outcomes of the bar before. Whenever
10,000 bars have matured the watcher asks for a retrain of each model type; the tape answers with its run.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import count
from random import Random
from typing import Any

import numpy as np

from clm.decisions.candidate import evaluation_fields
from clm.decisions.sequential.baseline import Baseline
from clm.events import SECOND, Command, Event, Moved, Outcome, Prediction, Run, micros, moment
from clm.model import EvaluationResult, ModelType
from clm.policy import Policy
from clm.scope import Scope

SYMBOLS = ("AAPL", "AMZN", "GOOG", "IBM", "META", "MSFT", "NVDA", "ORCL")
BAR_SECONDS = 300
START = micros(datetime(2024, 1, 2, tzinfo=UTC))  # close of bar 0
VERSION = "v20240102_000000"
ACCURACY = 0.55
"""On the hold-out. Live it is about 0.7, so that the decay rule of `seed` compares at every outcome and never
fires."""

HOLDOUT_BARS = 2880
"""Of the hold-out that the detectors of `sequential` begin with, as skilled as what is live: they see
every outcome and raise no alarm."""

SKILL = 0.6
"""Correlation of a forecast's distance from naive with the outcome's."""

RUN_BARS = 5
"""How long a retrain takes."""

POLICY = Policy()
PER_BAR = 2 * len(SYMBOLS) * len(POLICY.models)
"""Events of a bar."""


def scope(name: str) -> Scope:
    """The scope that the tape is played into; its clock is the events'."""
    return Scope(name=name, symbols=SYMBOLS, bar_seconds=BAR_SECONDS, clock="event")


class Tape:
    """Events in the order in which a trader publishes them; the same seed gives the same bytes."""

    def __init__(self, seed: int = 7, p: str = "trader-bench") -> None:
        self.p = p
        self._number, self._random = count(), Random(seed)
        self._waiting: list[tuple[Prediction, float]] = []  # the bar before: prediction, outcome
        self._bar = 0
        self._due = self._matures_after(0)  # bar at which the next retrains are decided
        self._decided = len(POLICY.models)  # decisions so far; the prologue brings the first

    @property
    def decided(self) -> int:
        """Decisions that a watcher must have made of what was played."""
        since = self._bar - 1 - self._due
        return self._decided + len(POLICY.models) * min(max(since + 1, 0), 2)

    def prologue(self) -> list[Event]:
        """Every model type is retrained by hand and its candidate goes live."""
        ask = Command(p="operator-bench", n=0, at=START, action="retrain", actor="bench")
        told: list[Event] = [ask]
        for number, model_type in enumerate(POLICY.models):
            told += _promoted(model_type, number)
        return told

    def bars(self, wanted: int) -> Iterator[Event]:
        """The events of the next bars."""
        for _ in range(wanted):
            yield from self._next_bar()
            self._bar += 1

    def _next_bar(self) -> Iterator[Event]:
        at, before = START + self._bar * BAR_SECONDS * SECOND, self._waiting
        self._waiting = self._forecasts(at)
        yield from (prediction for prediction, _ in self._waiting)
        for prediction, value in before:
            of = (prediction.p, prediction.n)
            yield Outcome(p=self.p, n=next(self._number), at=at, of=of, value=value)
        yield from self._runs(at)

    def _forecasts(self, at: int) -> list[tuple[Prediction, float]]:
        keys = [(symbol, model_type.value) for symbol in SYMBOLS for model_type in POLICY.models]
        numbers = self.numbers(len(keys))
        return [
            (self._forecast(at, key, value, naive), outcome)
            for key, (value, naive, outcome) in zip(keys, numbers, strict=True)
        ]

    def _forecast(self, at: int, key: tuple[str, str], value: float, naive: float) -> Prediction:
        symbol, model_type = key
        return Prediction(
            p=self.p,
            n=next(self._number),
            at=at,
            model_type=model_type,
            version=VERSION,
            symbol=symbol,
            horizon=1,
            value=value,
            naive=naive,
        )

    def numbers(self, wanted: int) -> Iterator[tuple[float, float, float]]:
        """Value, naive and outcome, exact in float32 as a publisher makes them; log-range units."""
        gauss, noise = self._random.gauss, math.sqrt(1 - SKILL**2)
        for _ in range(wanted):
            naive, seen = 0.01 * math.exp(0.3 * gauss()), gauss()
            truth = SKILL * seen + noise * gauss()
            value, base, outcome = array("f", (naive * (1 + 0.2 * seen), naive, naive * (1 + 0.2 * truth)))
            yield value, base, outcome

    def _runs(self, at: int) -> Iterator[Event]:
        """The retrains of each model type end, without a candidate, ``RUN_BARS`` after they were decided.

        Each brings two decisions: the retrain, and at the next outcome that a run is open.
        """
        if self._bar < self._due + RUN_BARS:
            return
        for number, model_type in enumerate(POLICY.models):
            run = f"watcher-{self._decided + number + 1}"
            yield Run(
                p=f"run-{run}", n=0, at=at, run=run, model_type=model_type.value, cause=run, phase="failed",
                error="not better",
            )  # fmt: skip
        self._decided += 2 * len(POLICY.models)
        self._due = self._matures_after(self._bar)

    def _matures_after(self, bar: int) -> int:
        return bar + POLICY.data_threshold_points // len(SYMBOLS)


def _promoted(model_type: ModelType, number: int) -> Sequence[Event]:
    run, before = f"watcher-{number + 1}", START - SECOND
    made = Run(
        p=f"run-{run}", n=0, at=START, run=run, model_type=model_type.value, cause=run, phase="candidate",
        version=VERSION, sha256="0" * 64, as_of=before, training_range=(before, before), schema="bench",
        evaluation=evaluation_fields(_evaluation(model_type)),
    )  # fmt: skip
    moved = Moved(
        p="registry", n=number, at=START, model_type=model_type.value, epoch=1, from_version="naive",
        to_version=VERSION, cause=f"shadow-{number + 1}", actor="clm",
    )  # fmt: skip
    return made, moved


def _evaluation(model_type: ModelType) -> EvaluationResult:
    return EvaluationResult(
        model_type, VERSION, rmse=0.01, mae=0.008, error_std=0.01, directional_accuracy=ACCURACY,
        hit_rate=ACCURACY, vs_active_rmse_delta=-0.1, vs_active_direction_delta=0.05,
        correlation_with_target=0.3, prediction_bias=0.0, regime_accuracy={}, evaluated_at=moment(START),
        evidence={"decay": _baseline()},
    )  # fmt: skip


@cache
def _baseline() -> dict[str, Any]:
    """What a hold-out of the tape's own numbers teaches the detectors of decay."""
    rows = np.array(list(Tape(seed=11).numbers(HOLDOUT_BARS * len(SYMBOLS))))
    at = START + np.arange(len(rows)) // len(SYMBOLS) * BAR_SECONDS * SECOND
    return Baseline.of(rows[:, 0], rows[:, 1], rows[:, 2], at, 1).plain()
