"""Evidence: what a hold-out teaches the statistics, as plain values that travel with the evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clm.model import EvaluationResult

if TYPE_CHECKING:
    import pandas as pd

Column = Any
"""An array (n,)."""


@dataclass(frozen=True, kw_only=True)
class HoldOut:
    """The scored rows of a hold-out, in the order in which they matured; all arrays (n,)."""

    value: Column  # of the candidate, target units like the next three
    active: Column | None  # of the active version; None where it was not asked on the same rows
    naive: Column
    outcome: Column
    at: Column  # close of the bar that each was forecast at, µs
    horizon: int  # bars

    @classmethod
    def of(
        cls, frame: pd.DataFrame, mine: EvaluationResult, theirs: EvaluationResult, horizon: int
    ) -> HoldOut | None:
        """The rows behind two evaluations; None where an evaluator kept no errors, or of other rows.

        Parameters:
            frame: as the evaluator was given it: ``target``, ``at`` and where they exist ``naive`` (else
                zero), ``scored``, ``matures_at``.
            theirs: of the active version; without errors it is taken for the naive forecast's.
        """
        if not {"target", "at"} <= set(frame.columns) or mine.errors is None:
            return None
        outcome, naive = _column(frame, "target"), _column(frame, "naive")
        mask = np.isfinite(outcome) & np.isfinite(naive)
        if "scored" in frame.columns:
            mask &= frame["scored"].to_numpy(dtype=bool)
        if mask.sum() != len(mine.errors) or not mask.any():
            return None
        when = "matures_at" if "matures_at" in frame.columns else "at"
        order = np.argsort(frame[when].to_numpy(dtype=np.int64)[mask], kind="stable")
        outcome, naive = outcome[mask], naive[mask]
        return cls(
            value=(mine.errors + outcome)[order],
            active=_said(theirs, naive, outcome, order),
            naive=naive[order],
            outcome=outcome[order],
            at=frame["at"].to_numpy(dtype=np.int64)[mask][order],
            horizon=horizon,
        )


def _column(frame: pd.DataFrame, name: str) -> Column:
    """A column; zeros where the frame has none, which only ``naive`` may lack."""
    return frame[name].to_numpy(dtype=np.float64) if name in frame.columns else np.zeros(len(frame))


def _said(theirs: EvaluationResult, naive: Column, outcome: Column, order: Column) -> Column | None:
    if theirs.errors is None:
        return naive[order]
    return (theirs.errors + outcome)[order] if len(theirs.errors) == len(outcome) else None


def evidence(rows: HoldOut) -> dict[str, Any]:
    """What the statistics of policy ``sequential`` take from a hold-out.

    Returns:
        ``decay``: the baseline of the detectors that will watch the version once it is active.
    """
    from clm.decisions.sequential.baseline import Baseline

    baseline = Baseline.of(rows.value, rows.naive, rows.outcome, rows.at, rows.horizon)
    return {"decay": baseline.plain()}
