"""Explanations: what a model's forecasts rest on, and how far its features have moved since its training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.learning.attribution import summary
from clm.learning.frames import symbols_at, thinned, windows
from clm.learning.grouped import routed
from clm.learning.population_stability import psi, psi_by_chance
from clm.steps.splits import Split

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

DRIFT_ROWS = 4096
"""Rows of either part whose features are compared, evenly spread."""


@dataclass(frozen=True)
class Explainer:
    """Explains a model on a sample of the hold-out; the sample bounds what that costs.

    Parameters:
        rows: of the sample, evenly spread over the hold-out.
        columns: of a model that does not name its own.
    """

    rows: int
    columns: Sequence[str] = ()

    def __call__(self, model: Any, parts: Split) -> dict[str, Any] | None:
        """The explanation as plain JSON values; None of a model that cannot tell its contributions.

        Returns:
            ``rows`` explained, first and last bar close of the hold-out (``holdout``, µs), ``features`` and
            ``lags`` of ``attribution.summary``, and ``drift`` of the hold-out from the training range.
        """
        if not hasattr(model, "contributions"):
            return None
        columns = tuple(getattr(model, "columns", None) or self.columns)
        scored = parts.holdout["scored"].to_numpy(dtype=bool)
        seen, at = windows(parts.holdout, columns, model.input_size, thinned(scored, self.rows))
        told = _contributions(model, seen, lambda: symbols_at(parts.holdout, at))
        told = told[np.isfinite(told).all(axis=(1, 2))]  # a network says nothing of an unknown beginning
        if not len(told):
            return None
        return {
            "rows": len(told),
            "holdout": _span(parts.holdout[scored]),
            **summary(told, columns),
            "drift": drift(parts.train, parts.holdout[scored], columns),
        }


def _contributions(model: Any, seen: NDArray[np.float32], symbols: Callable[[], Any]) -> NDArray[np.float64]:
    """Those of whoever forecasts each window; a shorter window's stand at its end."""
    told = np.zeros(seen.shape)
    for asked, own in routed(model, symbols):
        size = int(asked.input_size)
        told[own, -size:] = asked.contributions(seen[own][:, -size:])
    return told


def drift(trained: pd.DataFrame, seen: pd.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
    """How far the features in ``seen`` lie from those in ``trained``.

    Returns:
        ``features``: ``name`` and ``psi``, the population stability index, the largest first; ``by_chance``:
        what independent rows give without drift; ``trained`` and ``seen``: how many rows were compared.
    """
    before, now = _sample(trained, columns), _sample(seen, columns)
    found = {name: psi(before[:, k], now[:, k]) for k, name in enumerate(columns)}
    largest = [
        {"name": name, "psi": value} for name, value in sorted(found.items(), key=lambda each: -each[1])
    ]
    by_chance = psi_by_chance(len(before), len(now))
    return {"features": largest, "by_chance": by_chance, "trained": len(before), "seen": len(now)}


def _sample(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.float32]:
    mask = thinned(np.ones(len(frame), dtype=bool), DRIFT_ROWS)
    return frame.loc[mask, list(columns)].to_numpy(dtype=np.float32)


def _span(rows: pd.DataFrame) -> list[int] | None:
    return [int(rows["at"].min()), int(rows["at"].max())] if "at" in rows.columns else None
