"""Short ways to bring a shadow's fold into the state that a test begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clm.decisions.shadow import Scorer, ShadowFold
from clm.events import HOUR, Event
from clm.model import BASE_MODELS, ModelType
from clm.policy import SEED, Policy
from clm.records import Decision
from clm.scope import Scope
from tests.unit.decisions.stream import Tape

QUICK: dict[str, Any] = {"name": SEED, "shadow_test_hours": 2.0, "min_effective_outcomes": 2}


def says(value: float | None) -> Scorer:
    """A candidate that always forecasts the same; outcomes below are 2, the active one says 1."""
    return lambda sha256, symbol, at: value


def breaks(error: Exception) -> Scorer:
    def score(sha256: str, symbol: str, at: int) -> float | None:
        raise error

    return score


def shadowing(score: Scorer | None = None, active: str = "v1", **settings: Any) -> ShadowFold:
    """A fold in which a trained version is active, so that bootstrap is over."""
    fold = ShadowFold(Scope(), Policy(**{**QUICK, **settings}), score or says(1.5))
    fold.apply(Tape("registry").moved(active))
    return fold


def live(tape: Tape, start: int, count: int, version: str = "v1", **names: Any) -> list[Event]:
    """Hourly pairs of the active version: it says 1, the outcome is 2, naive is 0."""
    ats = range(start, start + count * HOUR, HOUR)
    return [event for at in ats for event in tape.pair(at, 1.0, 2.0, version=version, **names)]


def trial_of(fold: ShadowFold, version: str) -> Any:
    return next(bout.trial for bout in fold.ring.bouts if bout.candidate.version == version)


def evidence(decision: Decision) -> dict[str, Any]:
    shadow: dict[str, Any] = decision.evidence["shadow"]
    return shadow


def crowd(fold: ShadowFold, tape: Tape) -> None:
    """A candidate of each model type, all past bootstrap, v2 of xgboost first."""
    for model in ("lightgbm", "nhits", "patchtst"):
        fold.apply(tape.moved("v1", model=model))
    for model in BASE_MODELS:
        name = "v2" if model is ModelType.XGBOOST else model.value
        assert fold.apply(tape.candidate(name, model=model.value)) == []


def versions(fold: ShadowFold, of: Callable[[ShadowFold], list[Any]] = lambda fold: fold.open) -> list[str]:
    return [bout.candidate.version for bout in of(fold)]
