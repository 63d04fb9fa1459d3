"""Short ways to write a stream: a tape numbers the events of one producer; times are µs since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any, Protocol

from clm.decisions.candidate import evaluation_fields
from clm.events import Command, Event, Moved, Outcome, Prediction, Refused, Regime, Run, Verdict, moment
from clm.model import EvaluationResult, ModelType
from clm.records import Decision


class Folds(Protocol):
    """What a stream is folded by."""

    def apply(self, event: Event) -> list[Decision]: ...


class Tape:
    """Events of one producer, numbered from 0, of model type xgboost unless told otherwise."""

    def __init__(self, p: str = "t") -> None:
        self.p, self._numbers = p, count()

    @property
    def _id(self) -> dict[str, Any]:
        return {"p": self.p, "n": next(self._numbers)}

    def predict(self, at: int, value: float = 1.0, naive: float = 0.0, **names: Any) -> Prediction:
        given = {"model_type": "xgboost", "version": "naive", "symbol": "A", "horizon": 1, **names}
        return Prediction(**self._id, at=at, value=value, naive=naive, **given)

    def outcome(self, of: Prediction, at: int, value: float) -> Outcome:
        return Outcome(**self._id, at=at, of=(of.p, of.n), value=value)

    def pair(self, at: int, value: float, outcome: float, naive: float = 0.0, **names: Any) -> list[Event]:
        """A prediction and, one µs later, its outcome."""
        made = self.predict(at, value, naive, **names)
        return [made, self.outcome(made, at + 1, outcome)]

    def regime(self, at: int, label: str, symbol: str | None = None) -> Regime:
        return Regime(**self._id, at=at, regime=label, symbol=symbol)

    def retrain(self, *models: str, action: str = "retrain", actor: str = "") -> Command:
        return Command(**self._id, at=0, action=action, models=models, actor=actor)

    def candidate(
        self, version: str, as_of: int = 0, run: str = "watcher-1", model: str = "xgboost",
        evaluation: EvaluationResult | None = None,
    ) -> Run:  # fmt: skip
        judged = evaluation or evaluated()
        judged = replace(judged, model_type=ModelType(model), version=version)
        return Run(
            **self._id, at=as_of, run=run, model_type=model, cause=run, phase="candidate", version=version,
            sha256=f"sha of {version}", as_of=as_of, evaluation=evaluation_fields(judged),
        )  # fmt: skip

    def failed(self, run: str, model: str = "xgboost") -> Run:
        return Run(**self._id, at=0, run=run, model_type=model, cause=run, phase="failed", error="boom")

    def verdict(self, version: str, result: str = "reject") -> Verdict:
        return Verdict(
            **self._id, at=0, model_type="xgboost", version=version, result=result, decision="shadow-1"
        )

    def moved(self, to: str, epoch: int = 1, model: str = "xgboost") -> Moved:
        return Moved(
            **self._id, at=0, model_type=model, epoch=epoch, from_version="naive", to_version=to,
            cause="shadow-1", actor="ops",
        )  # fmt: skip

    def refused(self, to: str, epoch: int = 1, cause: str = "shadow-1") -> Refused:
        return Refused(
            **self._id, at=0, model_type="xgboost", epoch=epoch, from_version="naive", to_version=to,
            cause=cause, actor="clm",
        )  # fmt: skip


def evaluated(**changes: Any) -> EvaluationResult:
    """A hold-out on which the candidate has skill 0.1 and is 10 % better than the active version."""
    given = {
        "model_type": ModelType.XGBOOST, "version": "v1", "rmse": 0.9, "mae": 0.9, "error_std": 0.9,
        "directional_accuracy": 0.75, "hit_rate": 0.75, "vs_active_rmse_delta": -0.1,
        "vs_active_direction_delta": 0.25, "correlation_with_target": 0.5, "prediction_bias": 0.0,
        "regime_accuracy": {}, "evaluated_at": moment(0), "rows": 100, "naive_rmse": 1.0,
        "naive_mae": 1.0, "skill": 0.1, "active_version": "naive",
    }  # fmt: skip
    return EvaluationResult(**{**given, **changes})


def fold_all(fold: Folds, events: Iterable[Event]) -> list[Decision]:
    """All decisions that some events bring."""
    return [decision for event in events for decision in fold.apply(event)]


def told(decisions: Iterable[Decision]) -> list[tuple[str, str | None]]:
    """Kind and trigger (watcher) or version (shadow) of each decision."""
    return [(each.kind, each.trigger or each.version) for each in decisions]
