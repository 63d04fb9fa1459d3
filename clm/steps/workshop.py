"""The workshop: who engineers, fits and judges, by which settings, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from clm.errors import ClmError, ConfigurationError, TrainingFailed
from clm.model import BASE_MODELS, MEMBERS, ModelType
from clm.policy import Policy
from clm.ports import FeatureEngineer, ModelEvaluator, ModelTrainer, RefittingTrainer
from clm.steps.matrix import Matrices
from clm.steps.splits import Split

if TYPE_CHECKING:
    import pandas as pd

Explain = Callable[[Any, Split], dict[str, Any] | None]
"""What a model's forecasts of the hold-out rest on, as plain values; None where it cannot tell."""

EXPLAIN_ROWS = 16
"""Rows of the hold-out on which a candidate is explained: it costs the boosters some 2 % of their fits."""

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What a training needs: who engineers, fits and judges, and by which settings."""

    engineer: FeatureEngineer
    trainer: ModelTrainer
    evaluator: ModelEvaluator
    policy: Policy
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # model type -> params
    matrices: Matrices | None = None  # None: features are made for each training
    explain: Explain | None = None  # None: candidates are not explained

    @property
    def horizon(self) -> int:
        """Bars from a row to its target, as the engineer says; 1 if it does not."""
        return int(getattr(self.engineer, "horizon", 1))

    def params_of(self, model_type: ModelType) -> dict[str, Any]:
        """The hyperparameters configured for a model type; an ensemble's members have their own."""
        own = dict(self.params.get(model_type.value, {}))
        if model_type is ModelType.ENSEMBLE and not isinstance(own.get(MEMBERS), Mapping):
            names = own.get(MEMBERS) or [each.value for each in BASE_MODELS]
            own[MEMBERS] = {name: dict(self.params.get(name, {})) for name in names}
        return own


def fit(model_type: ModelType, rows: pd.DataFrame, workshop: Workshop) -> Any:
    """Fit a model type by its configured parameters.

    Raises:
        TrainingFailed: the trainer raised; the cause is chained.
        ClmError: as it raised it.
    """
    return trained(model_type, rows, workshop, workshop.params_of(model_type))


def trained(model_type: ModelType, rows: pd.DataFrame, workshop: Workshop, params: dict[str, Any]) -> Any:
    """The same by other parameters. Raises as ``fit``; ConfigurationError where the trainer cannot."""
    train = getattr(workshop.trainer, f"train_{model_type.value}", None)
    if train is None:
        raise ConfigurationError(
            f"{type(workshop.trainer).__name__} has no train_{model_type.value}: give it one, or leave "
            f"{model_type.value} out of models"
        )
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


def guarded(name: str, call: Callable[[], Made]) -> Made:
    """Call a trainer or evaluator, which may be anybody's; whatever it raises becomes ours."""
    try:
        return call()
    except ClmError:
        raise
    except (Exception, SystemExit) as error:
        raise TrainingFailed(f"{name} raised {type(error).__name__}: {error}") from error
