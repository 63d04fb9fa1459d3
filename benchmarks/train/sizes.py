"""How much is measured: enough to trust, or just enough to see that everything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clm.model import ModelType


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Of one run."""

    passes: int = 5  # over each ratio; the median counts
    bars: int = 25_920  # of a symbol: 90 days of five minutes
    steps_512: int = 20  # of a network of 512 units
    steps_128: int = 50  # of one of 128
    trees: int = 500  # of a booster that scores
    scored: int = 512  # rows of a shadow
    lived: int = 200  # events of a trader
    folds: int = 30  # of warm starts
    settled: int = 500  # trees or steps that a fit of these makes at most
    calibrated: int = 15  # folds of calibration
    cycle_bars: int = 2_160  # of each symbol of a cycle: 90 days of hours
    cycles: int = 2  # in a pass: a minute of fits of all four models, five seconds of the boosters'
    default_steps: int = 20  # that the library makes at its defaults, over all passes
    judged: int = 5  # folds of our budgets beside larger ones
    jobs: int = 1_000  # short trainings, one after the other
    few: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # model type -> parameters of all fits
    data: Path | None = None  # folder of real candles; None: synthetic ones
    keys: frozenset[str] = frozenset()  # rows that are wanted; empty: all

    def wants(self, *keys: str) -> bool:
        """Whether any of these rows is wanted."""
        return not self.keys or not self.keys.isdisjoint(keys)

    def params(self, model_type: ModelType) -> Mapping[str, Any]:
        """What is laid over the parameters of every fit."""
        return self.few.get(model_type.value, {})

    def together(self, model_type: ModelType) -> Mapping[str, Any]:
        """What is laid over the parameters of the trainings that are queued at once: half a minute in all."""
        return {**HALF.get(model_type.value, {}), **self.params(model_type)}

    def crowd(self, model_type: ModelType) -> Mapping[str, Any]:
        """What is laid over the parameters of the fits that share the cores: a second or two of each."""
        return {**SOME[model_type.value], **self.params(model_type)}


HALF: Mapping[str, Mapping[str, Any]] = {"nhits": {"max_steps": 100}, "patchtst": {"max_steps": 40}}

SOME: Mapping[str, Mapping[str, Any]] = {
    "xgboost": {"n_estimators": 200, "early_stopping_rounds": 0},
    "lightgbm": {"n_estimators": 200, "early_stopping_rounds": 0},
    "nhits": {"max_steps": 40},
    "patchtst": {"max_steps": 8},
}

FEW: Mapping[str, Mapping[str, Any]] = {
    "xgboost": {"n_estimators": 5, "max_depth": 3},
    "lightgbm": {"n_estimators": 5, "max_depth": 3},
    "nhits": {"max_steps": 2, "mlp_units": [[8, 8]] * 3},
    "patchtst": {"max_steps": 2, "hidden_size": 16, "n_heads": 2, "encoder_layers": 1},
}

QUICK = Sizes(
    passes=1,
    bars=1_000,
    steps_512=2,
    steps_128=2,
    trees=5,
    scored=64,
    lived=5,
    folds=2,
    settled=4,
    calibrated=2,
    cycle_bars=480,
    cycles=1,
    default_steps=1,
    judged=1,
    jobs=20,
    few=FEW,
)
"""Its figures mean nothing."""
