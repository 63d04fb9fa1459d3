"""Tuning: hyperparameters by Optuna, judged on folds inside the rows of a training.

The hold-out that judges the candidate is not among these rows, so a search cannot see it. A point is tried on
one fold after the other, the newest first, and given up as soon as the median of the earlier ones was better
so far; the configured parameters are tried first, and stay unless a point beats them on every fold's mean.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import structlog

from clm.errors import ClmError, ConfigurationError
from clm.learning.libraries import load
from clm.learning.parameters import TUNE, whole
from clm.learning.search_space import SPACES, checked, suggested
from clm.learning.validation import FRACTION
from clm.model import ModelType
from clm.steps.splits import split_masks
from clm.steps.workshop import guarded

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

EXTRA = "tune"
FOLDS = 3
LEAST_FOLD = 50
"""Rows below which a fold would tell nothing."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Fold:
    """Rows to fit to, and later ones to judge by."""

    train: pd.DataFrame
    frame: pd.DataFrame  # the judged rows with those before them as context
    scored: NDArray[Any]  # (rows,) of ``frame``: those that are judged


Loss = Callable[[Mapping[str, Any], Fold], float]
"""The loss on a fold of a fit by some parameters."""


@dataclass(frozen=True)
class Search:
    """A search as it is configured."""

    space: Mapping[str, Sequence[Any]]
    trials: int  # points that are tried beside the configured parameters
    folds: int = FOLDS
    seconds: float = math.inf  # wall time after which no fit begins any more
    seed: int = 1

    @classmethod
    def of(cls, model_type: ModelType, params: Mapping[str, Any], seed: int) -> Search | None:
        """What the parameters of a model type ask for; None: nothing, or no trial.

        Raises:
            ConfigurationError: an entry is unknown or impossible, or the model type cannot be tuned.
        """
        asked = params.get(TUNE)
        if not asked:
            return None
        place = f"training_params.{model_type.value}.{TUNE}"
        if model_type not in SPACES:
            raise ConfigurationError(f"{place} is set, but {model_type.value} cannot be tuned: remove it")
        if not isinstance(asked, Mapping) or not set(asked) <= {"trials", "seconds", "folds", "space"}:
            raise ConfigurationError(f"{place} is {asked!r}; it may name trials, seconds, folds and space")
        if asked.get("trials", 0) == 0:
            return None
        seconds = asked.get("seconds", math.inf)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
            raise ConfigurationError(f"{place}.seconds is {seconds!r}; it must be a number > 0")
        space = checked(model_type, asked.get("space") or SPACES[model_type])
        return cls(space, whole(asked, "trials", 1), whole(asked, "folds", FOLDS), float(seconds), seed)


def folds(frame: pd.DataFrame, count: int, horizon: int) -> list[Fold]:
    """At most so many folds, the newest first; each is judged on what the one before it was fitted to last.

    A row that matures after the judged ones begin is in neither part of its fold. Too few rows give none.
    """
    made: list[Fold] = []
    while len(made) < count:
        train, scored, _ = split_masks(frame, FRACTION, horizon)
        if min(train.sum(), scored.sum()) < LEAST_FOLD:
            break
        made.append(Fold(frame[train], frame, scored))
        frame = frame[train]
    return made


def tuned(
    search: Search,
    configured: Mapping[str, Any],
    parts: Sequence[Fold],
    loss: Loss,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Search; the same again for the same seed, unless the time ran out.

    Parameters:
        configured: parameters that a trial's point is laid over.
        parts: the folds; without any nothing is tried.
        clock: seconds.

    Returns:
        Plain values: ``best``, the parameters that beat the configured ones (empty: none did); ``loss`` of
        the winner and ``configured_loss``, means over the folds (None: not known); the ``trials`` in order,
        each with ``params``, ``state`` (``complete``, ``pruned``, ``failed`` or ``late``) and ``loss``;
        ``folds`` and ``space``.

    Raises:
        MissingLibrary: Optuna is not installed.
    """
    optuna, ends = load("optuna", EXTRA), clock() + search.seconds
    sampler, pruner = optuna.samplers.TPESampler(seed=search.seed), optuna.pruners.MedianPruner()
    if not parts:
        log.warning("not tuned", reason="too few rows: lengthen training_lookback_days")
        search = replace(search, trials=0)
    base = _tried(configured, parts, loss, _forever)  # at any price: without it nothing can be compared
    trials: list[Trial] = []
    with _quiet(optuna):
        study = optuna.create_study(sampler=sampler, pruner=pruner)
        while len(trials) < search.trials and clock() < ends:
            asked = study.ask()
            point = suggested(asked, search.space)
            trials.append(_tried({**configured, **point}, parts, loss, _limited(asked, clock, ends), point))
            state = getattr(optuna.trial.TrialState, OPTUNAS[trials[-1].state])
            study.tell(asked, trials[-1].loss, state=state)
    best = min((base, *trials), key=lambda each: math.inf if each.loss is None else each.loss)
    log.info("tuned", trials=len(trials), best=best.params, loss=best.loss, configured_loss=base.loss)
    return {
        "best": dict(best.params),
        "loss": best.loss,
        "configured_loss": base.loss,
        "trials": [asdict(each) for each in trials],
        "folds": len(parts),
        "space": {name: list(choices) for name, choices in search.space.items()},
    }


OPTUNAS = {"complete": "COMPLETE", "pruned": "PRUNED", "late": "PRUNED", "failed": "FAIL"}
"""How a trial ended -> what Optuna is told."""


@dataclass(frozen=True)
class Trial:
    """A point that was tried."""

    params: Mapping[str, Any]
    state: str
    loss: float | None = None  # mean over the folds; None unless complete


Ended = Callable[[int, float], str]
"""Why a trial goes no further after so many folds with this mean loss; empty if it does."""


def _forever(_: int, __: float) -> str:
    return ""


def _limited(asked: Any, clock: Callable[[], float], ends: float) -> Ended:
    """Stop a trial that is worse than the median of those before it, or whose time is up."""

    def ended(folds_done: int, mean: float) -> str:
        asked.report(mean, folds_done)
        if clock() >= ends:
            return "late"
        return "pruned" if asked.should_prune() else ""

    return ended


def _tried(
    params: Mapping[str, Any],
    parts: Sequence[Fold],
    loss: Loss,
    ended: Ended,
    point: Mapping[str, Any] = MappingProxyType({}),
) -> Trial:
    """Fit on one fold after the other until the trial is complete or has ended; no error passes."""
    found: list[float] = []
    for fold in parts:
        try:
            found.append(guarded("a trial", partial(loss, params, fold)))
        except ClmError as error:
            log.warning("trial failed", reason=str(error), params=dict(point))
            return Trial(dict(point), "failed")
        mean = sum(found) / len(found)
        if not math.isfinite(mean):
            return Trial(dict(point), "failed")
        if len(found) < len(parts) and (why := ended(len(found), mean)):
            return Trial(dict(point), why)
    return Trial(dict(point), "complete", sum(found) / len(found) if found else None)


@contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Let Optuna say nothing of each trial; our own line says how it went."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
