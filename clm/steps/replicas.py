"""Replicas: equal trainings of one recipe, to learn by how much two of them differ by chance.

They differ in their seed and in where their rows begin, and are judged by the hold-out of the candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.decisions.noise_floor import noise_floor
from clm.errors import InsufficientData
from clm.model import ModelArtifact

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT = 0.2
"""Share of the oldest bars that the last replica does without; the others do without less, evenly."""

FIRST_SEED = 1000

Noise = dict[str, Any]

FLOOR = "noise_floor"
"""The metric of a version under which its recipe's floor is found again."""


Measure = Callable[["pd.DataFrame", dict[str, Any]], float]
"""The MAE on the hold-out of a fit to some rows by some parameters."""


def noise(train: pd.DataFrame, params: dict[str, Any], count: int, loss: float, measure: Measure) -> Noise:
    """Evidence ``noise``: the floor of a recipe (fraction of the MAE), measured by so many replicas.

    Parameters:
        train: the rows that the candidate was fitted to.
        loss: MAE of the candidate itself, which is one of the equal trainings.

    Raises:
        TrainingFailed: trainer or evaluator raised; the cause is chained.
    """
    numbers = range(1, count + 1)
    samples = [without_oldest(train, LEFT_OUT * each / count) for each in numbers]
    seeds = [{**params, "seed": FIRST_SEED + each} for each in numbers]
    losses = [measure(*each) for each in zip(samples, seeds, strict=True)]
    try:
        return {"floor": noise_floor([loss, *losses]), "replicas": count}
    except InsufficientData as error:
        return {"short": str(error)}


def earlier(
    history: Sequence[ModelArtifact], params: dict[str, Any], features: dict[str, Any]
) -> float | None:
    """The floor that the newest version of the same recipe knows; None: there is none.

    Parameters:
        history: newest first.
        params, features: hyperparameters and columns, as an artifact tells them.
    """
    same = (each for each in history if (each.training_params, each.feature_config) == (params, features))
    return next((each.metrics[FLOOR] for each in same if FLOOR in each.metrics), None)


def without_oldest(rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """The rows without a share of the oldest bars."""
    if "at" not in rows.columns:
        return rows
    closes = np.unique(rows["at"].to_numpy(dtype=np.int64))
    kept: pd.DataFrame = rows[rows["at"].to_numpy(dtype=np.int64) >= closes[int(share * len(closes))]]
    return kept
