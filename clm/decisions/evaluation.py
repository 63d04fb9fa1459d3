"""Evaluation: every metric of the seed on aligned arrays, and the comparison with the active version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clm.decisions.diebold_mariano import p_value_better
from clm.decisions.direction import GUESS
from clm.errors import InsufficientData
from clm.model import NAIVE, EvaluationResult


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """What one forecast did on some rows; units as in EvaluationResult."""

    rows: int
    rmse: float
    mae: float
    error_std: float
    directional_accuracy: float
    hit_rate: float
    zero_directions: int
    correlation_with_target: float
    prediction_bias: float
    regime_accuracy: dict[str, float]
    naive_rmse: float
    naive_mae: float
    skill: float


def measure(value: Any, naive: Any, outcome: Any, regimes: Sequence[str] | None = None) -> Metrics:
    """The metrics of forecasts ``value`` (n,) beside ``naive`` (n,), against ``outcome`` (n,).

    Parameters:
        regimes: label of each row, or None.

    Raises:
        InsufficientData: there are no rows.
    """
    value, naive, outcome = (np.asarray(a, dtype=np.float64) for a in (value, naive, outcome))
    if len(value) == 0:
        raise InsufficientData("the hold-out has no scored rows: lengthen the training lookback")
    errors, naive_errors = value - outcome, naive - outcome
    forecast, realised = np.sign(value - naive), np.sign(outcome - naive)
    told = (forecast != 0) & (realised != 0)
    hits = told & (forecast == realised)
    mae, naive_mae = float(np.abs(errors).mean()), float(np.abs(naive_errors).mean())
    return Metrics(
        rows=len(value),
        rmse=_rms(errors),
        mae=mae,
        error_std=float(errors.std()),
        directional_accuracy=_share(hits, told),
        hit_rate=_balanced(hits, told, realised),
        zero_directions=int((~told).sum()),
        correlation_with_target=_correlation(value - naive, outcome - naive),
        prediction_bias=float(errors.mean()),
        regime_accuracy=_by_regime(hits, told, regimes),
        naive_rmse=_rms(naive_errors),
        naive_mae=naive_mae,
        skill=1 - mae / naive_mae if naive_mae > 0 else math.nan,
    )


def compare(candidate: EvaluationResult, active: EvaluationResult, horizon: int) -> EvaluationResult:
    """The candidate's result with its deltas against the active one on the same rows.

    ``vs_active_rmse_delta`` = candidate / active - 1 (fraction, negative is better);
    ``vs_active_direction_delta`` = candidate - active (fraction, positive is better).
    An active version without direction, the naive forecast, is held to guessing.
    """
    paired = _aligned(candidate.errors, active.errors)
    guess = active.directional_accuracy
    return replace(
        candidate,
        active_version=active.version,
        vs_active_rmse_delta=candidate.rmse / active.rmse - 1 if active.rmse > 0 else math.nan,
        vs_active_direction_delta=candidate.directional_accuracy - (GUESS if math.isnan(guess) else guess),
        p_value=p_value_better(candidate.errors, active.errors, horizon) if paired else math.nan,
    )


def naive_result(of: EvaluationResult) -> EvaluationResult:
    """What the naive forecast did on the rows of a result, as the version it is.

    It has no direction; what the result does not tell of it (spread, bias) is NaN.
    """
    return replace(
        of,
        version=NAIVE,
        rmse=of.naive_rmse,
        mae=of.naive_mae,
        error_std=math.nan,
        directional_accuracy=math.nan,
        hit_rate=math.nan,
        correlation_with_target=math.nan,
        prediction_bias=math.nan,
        regime_accuracy={},
        zero_directions=of.rows,
        skill=0.0,
        errors=None,
    )


def _aligned(a: Any, b: Any) -> bool:
    """Whether two series of errors are of the same rows."""
    return a is not None and b is not None and len(a) == len(b)


def _rms(errors: Any) -> float:
    return float(np.sqrt(np.mean(errors * errors)))


def _share(hits: Any, told: Any) -> float:
    total = int(told.sum())
    return int(hits.sum()) / total if total else math.nan


def _balanced(hits: Any, told: Any, realised: Any) -> float:
    """Mean of the accuracies over rises and over falls, whichever occurred."""
    sides = [_share(hits & (realised == s), told & (realised == s)) for s in (1, -1)]
    known = [share for share in sides if not math.isnan(share)]
    return sum(known) / len(known) if known else math.nan


def _correlation(a: Any, b: Any) -> float:
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _by_regime(hits: Any, told: Any, regimes: Sequence[str] | None) -> dict[str, float]:
    if regimes is None:
        return {}
    labels = np.asarray(regimes, dtype=object)
    return {
        str(label): _share(hits & (labels == label), told & (labels == label))
        for label in sorted({str(label) for label in labels if label})
    }
