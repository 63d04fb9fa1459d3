"""What is due: by the watcher's own fold where events are recorded, else from bars and registry alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from clm.decisions.triggers import Observation, fired
from clm.decisions.watch import WatcherFold
from clm.errors import MalformedEvent
from clm.events import Event, Run, micros
from clm.model import ModelArtifact, ModelType, RetrainTrigger
from clm.policy import Policy
from clm.records import Decision
from clm.scope import Scope
from clm.steps.workshop import Workshop, guarded

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Watched:
    """What the watcher made of recorded events."""

    due: Mapping[ModelType, RetrainTrigger] = field(default_factory=dict)  # ordered, not taken up yet
    regimes: Sequence[Sequence[Any]] = ()  # [at in µs, label] of each change, oldest first


def watched(events: Iterable[Event], scope: Scope, policy: Policy) -> Watched:
    """Fold recorded events; a retrain is due from its decision until its run shows in the record.

    Parameters:
        events: oldest first; what is malformed is passed over, as the watcher would.
    """
    fold, orders = WatcherFold(scope, policy), dict[str, Decision]()
    for event in events:
        if isinstance(event, Run):
            orders.pop(event.run, None)
        try:
            made = fold.apply(event)
        except MalformedEvent:
            continue
        orders |= {each.id: each for each in made if each.kind == "retrain"}
    due = {ModelType(each.model_type): RetrainTrigger(each.trigger) for each in orders.values()}
    return Watched(due, fold.regimes.changes)


def due_now(
    active: ModelArtifact | None, load: Callable[[], pd.DataFrame], now: datetime, workshop: Workshop
) -> RetrainTrigger | None:
    """The first trigger that holds for an active version, without any record of events.

    Decay is its accuracy on the frame, data volume the bars after its training range; a regime shift
    never shows. The specification's limits hold under every policy: there are no rows for a detector to see.

    Parameters:
        active: None while naive serves: then a first training is due.
        load: the features of the lookback, called where they are needed.
        now: UTC.

    Raises:
        TrainingFailed: the evaluator raised; the cause is chained.
    """
    if active is None:
        return RetrainTrigger.TIME
    found = fired(_observed(active, load(), now, workshop), workshop.policy)
    return found[0].trigger if found else None


def _observed(active: ModelArtifact, frame: pd.DataFrame, now: datetime, workshop: Workshop) -> Observation:
    recent = guarded(
        "evaluation of the active model",
        lambda: workshop.evaluator.evaluate(active.model_object, frame, active.model_type),
    )
    end = micros(active.training_range[1])
    return Observation(
        model_type=active.model_type,
        clock=micros(now),
        on_tick=True,
        active=active.version,
        trained_at=micros(active.trained_at),
        data_since=None,
        accuracy=recent.directional_accuracy,
        baseline=active.metrics.get("directional_accuracy", float("nan")),
        pairs=recent.rows - recent.zero_directions,
        new_points=int((frame["at"] > end).sum()) if "at" in frame.columns else 0,
        regime=None,
        trained_regime=None,
        command=None,
        open_run=None,
        decided_at=None,
    )
