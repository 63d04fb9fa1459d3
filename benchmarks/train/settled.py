"""A fit that makes so many steps or trees as is said, whatever its checks would have settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clm.learning.bundle import Bundle
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Settled:
    """An earlier fit of a recipe that settled how long the others go on."""

    settled: Mapping[str, Any]
    shrink: float = 1.0
    tuned: Mapping[str, Any] = field(default_factory=dict)  # nothing was searched for


def settled_fit(
    trainer: NativeTrainer,
    model_type: ModelType,
    rows: pd.DataFrame,
    params: Mapping[str, Any],
    settled: Mapping[str, Any],
) -> Bundle:
    """Fit to every row; nothing settled means as many as the parameters allow."""
    return trainer.refit(model_type, rows, params, Settled(settled))  # type: ignore[arg-type]
