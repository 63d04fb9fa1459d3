"""Training: one model type from bars to a judged candidate; the facade and the workers call the same.

Validate on the newest part of the lookback, held out with purge and embargo; then fit again with it, so
that the candidate knows the newest bars. What is evaluated is the fit that never saw the hold-out. A
candidate that the gate refuses keeps that fit: nobody will serve it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from clm.decisions.evaluation import naive_result
from clm.decisions.promotion import REJECT, gate
from clm.decisions.regimes import label_at
from clm.errors import ClmError, TrainingFailed
from clm.events import moment
from clm.model import EvaluationResult, ModelArtifact, ModelStatus, ModelType
from clm.policy import Policy
from clm.ports import DataClient, FeatureEngineer, ModelEvaluator, ModelTrainer, RefittingTrainer, WarmTrainer
from clm.steps.comparison import compared_with
from clm.steps.evidence import HoldOut, evidence
from clm.steps.matrix import Matrices, matrix
from clm.steps.splits import Split, split_frame
from clm.steps.warm import WARM_STARTS, unseen

if TYPE_CHECKING:
    import pandas as pd

Made = TypeVar("Made")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What a training needs: who engineers, fits and judges, and by which settings."""

    engineer: FeatureEngineer
    trainer: ModelTrainer
    evaluator: ModelEvaluator
    policy: Policy
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # model type -> params
    matrices: Matrices | None = None  # None: features are made for each training

    @property
    def horizon(self) -> int:
        """Bars from a row to its target, as the engineer says; 1 if it does not."""
        return int(getattr(self.engineer, "horizon", 1))

    def params_of(self, model_type: ModelType) -> dict[str, Any]:
        """The hyperparameters configured for a model type."""
        return dict(self.params.get(model_type.value, {}))


@dataclass(frozen=True)
class Order:
    """What is to be trained, and as of when."""

    model_type: ModelType
    version: str
    as_of: datetime  # UTC
    run: str | None = None
    parent: str | None = None  # version that is active now


def load_frame(client: DataClient, workshop: Workshop, regimes: Sequence[Sequence[Any]] = ()) -> pd.DataFrame:
    """The features of the lookback, with the regime of each row where it is known.

    Parameters:
        regimes: [at in µs, label] of each change, oldest first.
    """
    days = round(workshop.policy.training_lookback_days)
    bars, as_of = client.load_recent_data(days), getattr(client, "as_of", None)
    frame = matrix(bars, as_of, workshop.engineer, workshop.matrices)
    if regimes and "at" in frame.columns:
        frame = frame.assign(regime=[label_at(regimes, int(at)) for at in frame["at"]])
    return frame


def split(frame: pd.DataFrame, workshop: Workshop) -> Split:
    """The frame's training rows and hold-out, purged by the horizon."""
    return split_frame(frame, workshop.policy.validation_fraction, workshop.horizon)


def candidate(
    order: Order, parts: Split, workshop: Workshop, active: ModelArtifact | None
) -> tuple[ModelArtifact, EvaluationResult]:
    """Fit without the hold-out, judge on it, and fit again with it unless the gate says no already.

    The second fit is half of the cost, and most candidates of a noisy trigger never need it.

    Parameters:
        active: with its model; None while the naive forecast serves.

    Raises:
        TrainingFailed: trainer or evaluator raised; the cause is chained.
        ClmError: as they raised it.
    """
    parent = _parent(order, parts, workshop, active)
    held_out = _fitted(order, parts.train, workshop, parent)
    judged = _artifact(order, parts.train, held_out, workshop)
    result = judge(judged, parts, workshop, active)
    judged = with_metrics(judged, result)
    if gate(result, workshop.policy, first=active is None).result == REJECT:
        return judged, result
    whole = _fitted(order, parts.all, workshop, parent, held_out)
    final = _artifact(order, parts.all, whole, workshop)
    return replace(final, metrics=judged.metrics, holdout_model=held_out), result


def _parent(order: Order, parts: Split, workshop: Workshop, active: ModelArtifact | None) -> Any:
    """The model that the training goes on from; None to begin anew."""
    trainer, params = workshop.trainer, workshop.params_of(order.model_type)
    if active is None or not params.get(WARM_STARTS) or not isinstance(trainer, WarmTrainer):
        return None
    parent = active.model_object
    reason = unseen(active, parts) or trainer.objection(order.model_type, params, parent)
    log.info("cold start" if reason else "warm start", reason=reason, parent=active.version)
    return None if reason else parent


def _fitted(order: Order, rows: pd.DataFrame, workshop: Workshop, parent: Any, settled: Any = None) -> Any:
    """A fit that goes on from a parent, or repeats what was settled, or settles it itself."""
    each, trainer = order.model_type, workshop.trainer
    if parent is not None and isinstance(trainer, WarmTrainer):
        params = workshop.params_of(each)
        return guarded(f"training of {each.value}", lambda: trainer.warm(each, rows, params, parent))
    return fit(each, rows, workshop) if settled is None else refit(each, rows, workshop, settled)


def fit(model_type: ModelType, rows: pd.DataFrame, workshop: Workshop) -> Any:
    """Fit a model type by its configured parameters.

    Raises:
        TrainingFailed: the trainer raised; the cause is chained.
        ClmError: as it raised it.
    """
    train, params = getattr(workshop.trainer, f"train_{model_type.value}"), workshop.params_of(model_type)
    return guarded(f"training of {model_type.value}", lambda: train(rows, params))


def refit(model_type: ModelType, rows: pd.DataFrame, workshop: Workshop, settled: Any) -> Any:
    """Fit the recipe of an earlier fit to more rows, by what that one settled if the trainer can do that.

    Raises:
        TrainingFailed, ClmError: as ``fit``.
    """
    trainer, params = workshop.trainer, workshop.params_of(model_type)
    if not isinstance(trainer, RefittingTrainer):
        return fit(model_type, rows, workshop)
    return guarded(
        f"training of {model_type.value}", lambda: trainer.refit(model_type, rows, params, settled)
    )


def _artifact(order: Order, rows: pd.DataFrame, model: Any, workshop: Workshop) -> ModelArtifact:
    return ModelArtifact(
        model_type=order.model_type,
        version=order.version,
        trained_at=order.as_of,
        metrics={},
        model_object=model,
        status=ModelStatus.CANDIDATE,
        training_range=_range(rows, order.as_of),
        feature_config=_features(workshop),
        training_params=workshop.params_of(order.model_type),
        data_points=len(rows),
        run=order.run,
        parent=order.parent,
    )


def judge(
    artifact: ModelArtifact, parts: Split, workshop: Workshop, active: ModelArtifact | None
) -> EvaluationResult:
    """Evaluate a candidate on the hold-out, beside the active version or the naive forecast.

    Raises:
        TrainingFailed: the evaluator raised; the cause is chained.
    """

    def result(version: str, model: Any) -> EvaluationResult:
        measured = workshop.evaluator.evaluate(model, parts.holdout, artifact.model_type)
        return replace(measured, version=version, evaluated_at=artifact.trained_at)

    def compared() -> EvaluationResult:
        own = artifact.model_object if artifact.holdout_model is None else artifact.holdout_model
        mine = result(artifact.version, own)
        theirs = naive_result(mine) if active is None else result(active.version, active.model_object)
        made = workshop.evaluator.compare_to_active(mine, theirs)
        policy, frame = workshop.policy, parts.holdout
        rows = HoldOut.of(frame, mine, theirs, parts.horizon) if policy.sequential else None
        if rows is None:
            return made
        return replace(made, evidence={**evidence(rows), **compared_with(active, rows, frame, policy)})

    return guarded(f"evaluation of {artifact.model_type.value}", compared)


def with_metrics(artifact: ModelArtifact, result: EvaluationResult) -> ModelArtifact:
    """The artifact with the numbers of its evaluation."""
    names = ("rmse", "mae", "error_std", "directional_accuracy", "hit_rate", "skill")
    return replace(artifact, metrics={name: float(getattr(result, name)) for name in names})


def guarded(name: str, call: Callable[[], Made]) -> Made:
    """Call a trainer or evaluator, which may be anybody's; whatever it raises becomes ours."""
    try:
        return call()
    except ClmError:
        raise
    except Exception as error:
        raise TrainingFailed(f"{name} raised {type(error).__name__}: {error}") from error


def _range(rows: pd.DataFrame, as_of: datetime) -> tuple[datetime, datetime]:
    if "at" not in rows.columns or len(rows) == 0:
        return as_of, as_of
    return moment(int(rows["at"].min())), moment(int(rows["at"].max()))


def _features(workshop: Workshop) -> dict[str, Any]:
    engineer = workshop.engineer
    target = getattr(getattr(engineer, "target", None), "name", None)
    return {
        "schema": getattr(engineer, "schema", None),
        "columns": list(engineer.get_feature_names()),
        "target": target,
        "horizon": workshop.horizon,
    }
