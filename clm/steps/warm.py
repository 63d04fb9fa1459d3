"""Warm start: whether a training may go on from the active model, decided by what that one has seen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clm.events import micros, moment
from clm.model import ModelArtifact

if TYPE_CHECKING:
    from clm.steps.splits import Split

WARM_STARTS = "warm_starts"
"""Parameter of every model type: how many trainings in a row may go on from the active model; 0: none."""


def unseen(parent: ModelArtifact, parts: Split) -> str:
    """Why a parent's fit may know held-out outcomes; empty if it cannot.

    A row of the parent's training reaches ``horizon`` bars ahead, to the outcome that it was taught. That
    one has to lie before the hold-out, or the evaluation would praise a memory.
    """
    rows = parts.holdout
    if "at" not in rows.columns or parent.model_object is None:
        return "it is not known what the active version was trained on"
    at = rows["at"].to_numpy(dtype=np.int64)
    begins, until = int(at[rows["scored"].to_numpy(dtype=bool)].min()), micros(parent.training_range[1])
    closes = np.unique(at)
    between = int(((closes > until) & (closes < begins)).sum())
    if until < begins and between >= parts.horizon:
        return ""
    return (
        f"{parent.version} was trained on bars until {moment(until):%Y-%m-%d %H:%M}, too near the hold-out, "
        f"which begins {moment(begins):%Y-%m-%d %H:%M}"
    )
