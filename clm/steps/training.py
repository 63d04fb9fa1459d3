"""Training: one model type from bars to a judged candidate; the facade and the workers call the same.

Validate on the newest part of the lookback, held out with purge and embargo; then fit again with it, so
that the candidate knows the newest bars. What is evaluated is the fit that never saw the hold-out. A
candidate that the gate refuses keeps that fit, and is not explained: nobody will serve it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from clm.decisions.evaluation import naive_result
from clm.decisions.promotion import REJECT, gate
from clm.decisions.regimes import label_at, lookback_begins
from clm.errors import ClmError
from clm.events import DAY, moment
from clm.model import MEASURED, EvaluationResult, ModelArtifact, ModelStatus, ModelType
from clm.ports import DataClient, WarmTrainer
from clm.steps.comparison import compared_with
from clm.steps.evidence import HoldOut, evidence
from clm.steps.gauge import REPLICA, TRAIN, WHOLE, at_fold
from clm.steps.matrix import matrix
from clm.steps.replicas import FLOOR, earlier, noise
from clm.steps.splits import Split, split_frame
from clm.steps.warm import WARM_STARTS, unseen
from clm.steps.workshop import Workshop, fit, guarded, refit, trained

if TYPE_CHECKING:
    import pandas as pd

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Order:
    """What is to be trained, and as of when."""

    model_type: ModelType
    version: str
    as_of: datetime  # UTC
    run: str | None = None
    parent: str | None = None  # version that is active now
    floor: float | None = None  # the recipe's noise floor, fraction of the MAE; None: not measured yet


def recipe_floor(model_type: ModelType, history: Sequence[ModelArtifact], workshop: Workshop) -> float | None:
    """The noise floor that an earlier version of the recipe in force knows; None: it is to be measured.

    Parameters:
        history: versions of the model type, newest first.
    """
    return earlier(history, workshop.params_of(model_type), _features(workshop))


def load_frame(client: DataClient, workshop: Workshop, regimes: Sequence[Sequence[Any]] = ()) -> pd.DataFrame:
    """The features of the lookback, with the regime of each row where it is known.

    Under ``regime_lookback_days`` the rows since the last regime change, and no fewer days than these.

    Parameters:
        regimes: [at in µs, label] of each change, oldest first.
    """
    days = round(workshop.policy.training_lookback_days)
    bars, as_of = client.load_recent_data(days), getattr(client, "as_of", None)
    frame = matrix(bars, as_of, workshop.engineer, workshop.matrices)
    if regimes and "at" in frame.columns:
        frame = frame.assign(regime=[label_at(regimes, int(at)) for at in frame["at"]])
    return _since_change(frame, regimes, workshop)


def _since_change(frame: pd.DataFrame, regimes: Sequence[Sequence[Any]], workshop: Workshop) -> pd.DataFrame:
    """The rows since the last regime change, if the policy trains on these alone; features saw all bars."""
    days = workshop.policy.regime_lookback_days
    if days is None or not regimes or "at" not in frame.columns or frame.empty:
        return frame
    begins = lookback_begins(regimes, int(frame["at"].max()), round(days * DAY))
    kept: pd.DataFrame = frame if begins is None else frame[frame["at"] >= begins]
    return kept


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
    at_fold(TRAIN)
    held_out = _fitted(order, parts.train, workshop, parent)
    judged = _artifact(order, parts.train, held_out, workshop)
    result = judge(judged, parts, workshop, active)
    if active is not None and workshop.policy.sequential and result.evidence:
        told = {**result.evidence, **_noise(order, parts, workshop, result, held_out)}
        result = replace(result, evidence=told)
    judged = with_metrics(judged, result)
    if gate(result, workshop.policy, first=active is None).result == REJECT:
        return judged, result
    at_fold(WHOLE)
    whole = _fitted(order, parts.all, workshop, parent, held_out)
    final = _artifact(order, parts.all, whole, workshop)
    final = replace(final, metrics=judged.metrics, holdout_model=held_out)
    return replace(final, explanation=explanation(whole, parts, workshop)), result


def explanation(model: Any, parts: Split, workshop: Workshop) -> dict[str, Any] | None:
    """What a model's forecasts rest on; None if nobody asks or it cannot be told, of which no run fails."""
    explain = workshop.explain
    if explain is None:
        return None
    try:
        return guarded("explanation", lambda: explain(model, parts))
    except ClmError as error:
        log.warning("not explained", reason=str(error))
        return None


def _noise(
    order: Order, parts: Split, workshop: Workshop, result: EvaluationResult, judged: Any
) -> dict[str, Any]:
    """Evidence ``noise`` of the recipe; measured only where the gate would let the candidate pass.

    Replicas repeat what a search found for the judged fit; none of them searches again.
    """
    each, policy = order.model_type, workshop.policy
    if order.floor is not None:
        return {"noise": {"floor": order.floor, "replicas": 0}}
    count = policy.noise_replicas if getattr(workshop.trainer, "takes_seeds", False) else 0
    if count == 0 or gate(result, policy, first=False).result == REJECT:
        return {}

    def measure(rows: pd.DataFrame, params: dict[str, Any]) -> float:
        at_fold(REPLICA)
        model, name = trained(each, rows, workshop, params), f"evaluation of a replica of {each.value}"
        return guarded(name, lambda: workshop.evaluator.evaluate(model, parts.holdout, each)).mae

    recipe = dict(getattr(judged, "recipe", workshop.params_of(each)))
    return {"noise": noise(parts.train, recipe, count, result.mae, measure)}


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
    metrics = {name: float(getattr(result, name)) for name in MEASURED}
    floor = result.evidence.get("noise", {}).get("floor")
    return replace(artifact, metrics=metrics if floor is None else {**metrics, FLOOR: floor})


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
