"""Short ways to bring a watcher's fold into the state that a test begins with."""

from __future__ import annotations

from typing import Any

from clm.decisions.watch import WatcherFold
from clm.events import HOUR, SECOND, Event
from clm.model import ModelType
from clm.policy import SEED, Policy
from clm.records import Decision
from clm.scope import Scope
from tests.unit.decisions.stream import Tape, evaluated, fold_all

MINUTE = 60 * SECOND
FAR = 10**6
QUIET: dict[str, Any] = {
    "name": SEED, "models": (ModelType.XGBOOST,), "retrain_interval_days": FAR, "training_lookback_days": FAR,
    "data_threshold_points": FAR, "decay_window_pairs": 4,
}  # fmt: skip
"""Only decay, regime shift and commands can fire."""


def watching(**settings: Any) -> WatcherFold:
    return WatcherFold(Scope(), Policy(**{**QUIET, **settings}))


def served(fold: WatcherFold, tape: Tape, accuracy: float = 0.75, version: str = "v1") -> None:
    """Have a version trained by hand at time 0 and made active; its hold-out accuracy is 0.75."""
    retrain, *_ = fold_all(fold, [tape.retrain("xgboost")])
    judged = evaluated(directional_accuracy=accuracy)
    announced = tape.candidate(version, run=retrain.id, evaluation=judged)
    assert fold_all(fold, [announced, tape.moved(version)]) == []


def wrong(tape: Tape, start: int, count: int, step: int = HOUR, version: str = "v1") -> list[Event]:
    """Pairs of the active version whose direction is wrong, one a step."""
    ats = range(start, start + count * step, step)
    return [event for at in ats for event in tape.pair(at, 1.0, -1.0, version=version)]


def retrains(decisions: list[Decision]) -> list[int]:
    """The hours at which a retrain was decided."""
    return [each.at // HOUR for each in decisions if each.kind == "retrain"]
