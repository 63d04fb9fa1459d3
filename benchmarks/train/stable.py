"""Four fitted models, one of each type, for what is measured of scoring and storing."""

from __future__ import annotations

from functools import cache

from benchmarks.train.market import SEED_PARAMS, bars, engineer
from clm.learning.bundle import Bundle
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType

BARS = 2_160
"""90 days of hours."""

STEPS = 10
"""Of the networks: what a forecast costs does not depend on what was learned."""

BASE = (ModelType.XGBOOST, ModelType.LIGHTGBM, ModelType.NHITS, ModelType.PATCHTST)


@cache
def fitted(trees: int) -> dict[ModelType, Bundle]:
    """A bundle of each type, with all of the trees and weights that it may have."""
    frame, trainer = engineer().transform(bars(BARS)), NativeTrainer(engineer())
    every = {"n_estimators": trees, "early_stopping_rounds": 0}
    made = {}
    for each in BASE:
        few = every if each in BASE[:2] else {"max_steps": STEPS}
        made[each] = getattr(trainer, f"train_{each.value}")(frame, {**SEED_PARAMS[each.value], **few})
    return made
