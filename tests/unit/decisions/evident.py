"""Short ways to bring a watcher under policy ``sequential`` into the state that a test begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clm.decisions.block import Block, rows_of
from clm.decisions.sequential.baseline import Baseline
from clm.decisions.watch import WatcherFold
from clm.events import HOUR, Event
from clm.model import EvaluationResult, ModelType
from clm.policy import Policy
from clm.records import Decision
from clm.scope import Scope
from tests.unit.decisions.stream import Tape, evaluated, fold_all
from tests.unit.decisions.watching import QUIET

ROWS = 1200
RNG = np.random.default_rng(11)
OUTCOMES = RNG.normal(size=2 * ROWS)
GOOD = 0.5 * OUTCOMES + RNG.normal(size=2 * ROWS)
"""Forecasts with skill over naive zero, and what came true."""


def known(rows: int = ROWS) -> Baseline:
    """What a hold-out of hourly bars of one symbol taught."""
    at = np.arange(rows) * HOUR
    return Baseline.of(GOOD[:rows], np.zeros(rows), OUTCOMES[:rows], at, 1)


def judged(baseline: Baseline | None = None) -> EvaluationResult:
    """An evaluation with the baseline of decay."""
    return evaluated(evidence={"decay": (baseline or known()).plain()})


def watching(**settings: Any) -> WatcherFold:
    given = {**QUIET, "name": "sequential", "decay_between_alarms_days": 30.0, **settings}
    return WatcherFold(Scope(), Policy(**given))


def served(fold: WatcherFold, tape: Tape, version: str = "v1", **changes: Any) -> None:
    """Have a version trained by hand at time 0 and made active."""
    retrain, *_ = fold_all(fold, [tape.retrain("xgboost")])
    announced = tape.candidate(version, run=retrain.id, evaluation=changes.get("judged", judged()))
    assert fold_all(fold, [announced, tape.moved(version)]) == []


def pairs(tape: Tape, values: Any, outcomes: Any, start: int = 48 * HOUR, **names: Any) -> list[Event]:
    """A forecast of the active version each hour, and its outcome."""
    given = {"version": "v1", **names}
    rows = enumerate(zip(values.tolist(), outcomes.tolist(), strict=True))
    return [each for i, (v, o) in rows for each in tape.pair(start + i * HOUR, v, o, **given)]


def lost(count: int, seed: int = 5) -> tuple[Any, Any]:
    """Forecasts that are wrong as often as right, and what came true."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=count), rng.normal(size=count)


def in_blocks(fold: WatcherFold, events: Sequence[Any], sizes: Sequence[int]) -> list[Decision]:
    """The decisions of predictions and outcomes that come so many at a time, over and over."""
    made, at, turn = list[Decision](), 0, 0
    while at < len(events):
        chunk = events[at : at + sizes[turn % len(sizes)]]
        made += fold.fold(Block(rows_of(chunk, fold.names), np.array([0])))
        at, turn = at + len(chunk), turn + 1
    return made


def memory(fold: WatcherFold) -> Any:
    """The trigger memory of its model type."""
    return fold.memory[ModelType.XGBOOST]
