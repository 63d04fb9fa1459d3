"""The scoreboard's part on the noise floor: how often it holds, what it costs, and what it does to power.

Equal trainings of the default LightGBM on folds of hourly candles, log range of the next bar: 90 days, the
newest fifth of them held out. They differ in seed and in where their rows begin, like replicas.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evidence import figure
from benchmarks.evidence.bouts import Draw
from benchmarks.evidence.figure import Figure
from benchmarks.evidence.pairs import HOLD
from clm.data.parquet import read_bars
from clm.decisions.noise_floor import noise_floor
from clm.decisions.sequential.duel import Duel
from clm.decisions.sequential.duel_rules import DuelRules
from clm.decisions.sequential.holdout_gate import judged
from clm.learning.evaluator import HoldoutEvaluator
from clm.learning.features import TechnicalFeatures
from clm.learning.targets import Target
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from clm.steps.replicas import LEFT_OUT, without_oldest
from clm.steps.splits import split_frame

FILE, HOUR = "btcusd_1h_2017_2019.parquet", 3600
PAST, STEP = 90 * 24, 45 * 24
"""Bars of a fold, and between two."""
EQUALS = 12
"""Equal trainings of a fold."""
REPLICAS = (3, 6, 9)
FLOORS = (0.0, 0.01, 0.02)


def noise(folder: str, step: Draw, seeds: range) -> Iterator[Figure]:
    """How often two equal trainings differ by more than the floor that others gave; +2 % under a floor."""
    losses = list(_folds(folder))
    spread = [float(np.std(np.log(each), ddof=1)) for each in losses]
    yield figure.median("noise", "deviation of equal trainings, fraction of the MAE", spread)
    rng = np.random.default_rng(seeds.start)
    for count in REPLICAS:
        outside, floors = [], []
        for _ in seeds:
            drawn = rng.permutation(losses[rng.integers(len(losses))])
            floors.append(noise_floor(drawn[2 : 3 + count].tolist()))
            outside.append(math.log(drawn[1] / drawn[0]) > floors[-1])
        yield figure.mean("noise", f"{count} replicas: an equal called better", outside, most=0.05)
        yield figure.median("noise", f"{count} replicas: floor", floors)
    for better in (0.02, 0.05):
        for floor in FLOORS:
            won = [_promoted(step(better, r), floor) for r in seeds]
            yield figure.mean("noise", f"real one step {better:+.0%}, floor {floor:.0%}: promoted", won)


def _folds(folder: str) -> Iterator[Any]:
    """Losses (EQUALS,) on the hold-out of each fold."""
    shape = TechnicalFeatures(Target("log_range", 1), HOUR)
    frame = shape.transform(read_bars(Path(folder) / FILE))
    trainer, evaluator = NativeTrainer(shape), HoldoutEvaluator(shape)
    for end in range(PAST, len(frame), STEP):
        parts = split_frame(frame.iloc[end - PAST : end], 0.2, 1)
        losses = []
        for number in range(EQUALS):
            rows = without_oldest(parts.train, LEFT_OUT * number / EQUALS)
            model = trainer.train_lightgbm(rows, {"seed": number + 1})
            losses.append(evaluator.evaluate(model, parts.holdout, ModelType.LIGHTGBM).mae)
        yield np.array(losses)


def _promoted(errors: tuple[Any, Any], floor: float) -> bool:
    """Whether a candidate passes gate and duel, better by more than the floor in both."""
    old, new = errors
    found = judged(new[:HOLD], old[:HOLD], old[:HOLD], 1)
    if not found.passed or found.improvement <= floor:
        return False
    duel = Duel(DuelRules(), (old[:HOLD], new[:HOLD]))
    if duel.update_many(old[HOLD:], new[HOLD:]) != "better":
        return False
    first, sums = duel.standing.rows, np.cumsum(np.abs(np.stack([new[HOLD:], old[HOLD:]])), axis=1)
    return bool((sums[0, first - 1 :] <= (1.0 - floor) * sums[1, first - 1 :]).any())  # watched on until then
