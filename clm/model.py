"""The vocabulary of models: their types, their life, and what is measured of them.

The seed's names and spellings; a field added to them stands below the comment ``beyond the seed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from clm.errors import ConfigurationError

NAIVE = "naive"
"""The built-in version that serves the naive forecast: the first active one and the last rollback target."""


class ModelType(str, Enum):
    """The kinds of model that are trained; ``.value`` is the name on the wire."""

    XGBOOST = "xgboost"
    LIGHTGBM = "lightgbm"
    NHITS = "nhits"
    PATCHTST = "patchtst"
    # beyond the seed
    ENSEMBLE = "ensemble"  # the others together


def type_named(name: ModelType | str) -> ModelType:
    """A model type by its name.

    Raises:
        ConfigurationError: there is none of this name.
    """
    try:
        return ModelType(name)
    except ValueError:
        choices = ", ".join(each.value for each in ModelType)
        raise ConfigurationError(f"model type {name!r} does not exist; use {choices}") from None


BASE_MODELS = (ModelType.XGBOOST, ModelType.LIGHTGBM, ModelType.NHITS, ModelType.PATCHTST)
"""The seed's four, which are trained unless others are asked for."""

MEMBERS = "members"
"""Parameter of an ensemble: its members' names, or each one's parameters by its name."""


class ModelStatus(str, Enum):
    """Where a version stands in its life."""

    CANDIDATE = "candidate"  # trained and evaluated, not yet scored live
    SHADOW = "shadow"  # scored on live events beside the active version
    ACTIVE = "active"  # served by the trader
    RETIRED = "retired"  # rejected or replaced; kept, so that a rollback can return to it


class RetrainTrigger(str, Enum):
    """Why a retrain is due. Members stand in order of priority, first wins."""

    MANUAL = "manual"
    PERFORMANCE_DECAY = "performance_decay"
    REGIME_SHIFT = "regime_shift"
    DATA_VOLUME = "data_volume"
    TIME = "time"


def version_name(trained_at: datetime) -> str:
    """The version of a model trained at a UTC moment, e.g. ``v20250130_143052``.

    >>> version_name(datetime(2025, 1, 30, 14, 30, 52, tzinfo=UTC))
    'v20250130_143052'
    """
    return trained_at.astimezone(UTC).strftime("v%Y%m%d_%H%M%S")


@dataclass(frozen=True)
class ModelArtifact:
    """One trained version: its weights and everything needed to judge, store and serve it."""

    model_type: ModelType
    version: str  # vYYYYMMDD_HHMMSS, unique per scope and model type
    trained_at: datetime  # event time (UTC) of the training's as_of
    metrics: dict[str, float]  # rmse, mae, directional_accuracy, ...
    model_object: Any  # the model fitted on all rows; None in a registry listing
    status: ModelStatus
    training_range: tuple[datetime, datetime]  # first and last bar close used (UTC)
    feature_config: dict[str, Any]  # schema name, columns, target, horizon (bars)
    training_params: dict[str, Any]  # hyperparameters as given
    data_points: int  # rows of the final fit
    # beyond the seed
    holdout_model: Any = None  # the same recipe fitted without the hold-out; what is evaluated
    explanation: dict[str, Any] | None = None  # what its forecasts rest on; None in a registry listing
    sha256: str | None = None  # of the stored bundle
    size: int = 0  # bytes of the stored bundle
    evaluated: str | None = None  # sha256 of the stored fit without the hold-out; None: it is not kept
    run: str | None = None  # id of the run that trained it
    parent: str | None = None  # version that was active when it was trained
    libraries: dict[str, str] = field(default_factory=dict)  # name -> version that trained it
    activated_at: datetime | None = None  # when it last went live (UTC); None: never
    data_digest: str = ""  # sha256 (hex) of the features and targets it was fitted to
    released: bool = False  # its bundle was given up, so it can be served no more


MEASURED = ("rmse", "mae", "error_std", "directional_accuracy", "hit_rate", "skill")
"""What the registry keeps of an evaluation, as an artifact's metrics."""


@dataclass(frozen=True)
class EvaluationResult:
    """Metrics of one version on a purged hold-out, beside the active version and the naive forecast."""

    model_type: ModelType
    version: str
    rmse: float  # target units
    mae: float  # target units
    error_std: float  # target units, population
    directional_accuracy: float  # fraction of rows whose sign(value - naive) was right; zeros excluded
    hit_rate: float  # fraction, balanced over up and down (balanced accuracy)
    vs_active_rmse_delta: float  # candidate / active - 1, fraction; negative is better
    vs_active_direction_delta: float  # candidate - active, fraction; positive is better
    correlation_with_target: float  # Pearson, of value - naive with outcome - naive
    prediction_bias: float  # mean of value - outcome, target units
    regime_accuracy: dict[str, float]  # directional accuracy by regime label
    evaluated_at: datetime  # event time (UTC)
    # beyond the seed
    rows: int = 0  # rows scored
    zero_directions: int = 0  # rows left out of the direction because value or outcome equals naive
    naive_rmse: float = float("nan")  # of the naive forecast on the same rows
    naive_mae: float = float("nan")
    skill: float = float("nan")  # 1 - mae / naive_mae
    active_version: str | None = None  # what the deltas compare with
    p_value: float = float("nan")  # one-sided Diebold-Mariano-HLN: is it better than the active one
    evidence: dict[str, Any] = field(default_factory=dict)  # what the hold-out teaches; see steps.evidence
    errors: Any = field(default=None, compare=False, repr=False)  # signed, (rows,); never serialised


@dataclass(frozen=True)
class ShadowTestResult:
    """What a candidate and the active version did on the same live events."""

    model_type: ModelType
    candidate_version: str
    active_version: str
    live_predictions: int  # matured pairs
    candidate_mae: float  # target units
    active_mae: float
    candidate_direction_acc: float  # fraction
    active_direction_acc: float
    error_ks_statistic: float  # two-sample Kolmogorov-Smirnov D of absolute errors
    error_mean_diff: float  # mean |candidate error| - mean |active error|
    error_std_diff: float  # std of errors, candidate - active
    recommend_promotion: bool
    reason: str
    tested_from: datetime  # event time (UTC)
    tested_hours: float  # event hours
    # beyond the seed
    naive_mae: float = float("nan")  # on the same pairs
    error_ks_p_value: float = float("nan")
    effective_outcomes: int = 0  # pairs / horizon
    regime_candidate_mae: dict[str, float] = field(default_factory=dict)
    regime_active_mae: dict[str, float] = field(default_factory=dict)
    complete: bool = True  # False: the evidence does not yet suffice, so the trial stays open
    level: float = float("nan")  # probability of promoting an equal candidate; NaN: the rule has none
    log_e_better: float = float("nan")  # log e-value for "better"
    horizon_z: float = float("nan")  # the same in standard errors of the whole trial, for its horizon bound
    log_e_futile: float = float("nan")  # log e-value for "not better by what is asked for"
    n_effective: float = float("nan")  # pairs as if independent, by the long-run variance
    events_needed: int | None = (
        None  # more pairs until a verdict if it goes on like this; None: not before its end
    )
    decided_by: str = ""  # better, futile, expired, regime or naive; empty: open, or decided by thresholds


@dataclass(frozen=True)
class CycleReport:
    """What one full cycle did, by model type."""

    started_at: datetime  # UTC
    trigger: RetrainTrigger | None  # the first by priority of all that fired
    trained_models: list[ModelType]
    promoted_models: list[ModelType]
    failed_models: list[ModelType]  # training or evaluation raised
    total_duration_seconds: float
    # beyond the seed
    rejected_models: list[ModelType] = field(default_factory=list)  # judged and not better
    undecided_models: list[ModelType] = field(default_factory=list)  # still in shadow
    triggers: Mapping[ModelType, RetrainTrigger] = field(default_factory=dict)
    reasons: Mapping[ModelType, str] = field(default_factory=dict)

    def summary(self) -> str:
        """The report as the seed prints it, one fact a line."""
        return "\n".join(
            (
                f"CLM Report [{self.started_at:%Y-%m-%d %H:%M}]",
                f"Trigger: {self.trigger.value if self.trigger else 'none'}",
                f"Trained: {len(self.trained_models)} models",
                f"Promoted: {len(self.promoted_models)} models",
                f"Rejected: {len(self.rejected_models)} models",
                f"Undecided: {len(self.undecided_models)} models",
                f"Failed: {len(self.failed_models)} models",
                f"Duration: {self.total_duration_seconds:.1f}s",
            )
        )
