"""A recorded stream of a small market with everything that can happen, written from a list of choices.

The events that answer a decision (runs, verdicts, moves) are written as the other parts would, so the
stream is closed; folding it again must give the same decisions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from clm.decisions.shadow import ShadowFold
from clm.decisions.watch import RECALL, WatcherFold
from clm.errors import MalformedEvent
from clm.events import SECOND, Event, Prediction, tick
from clm.model import ModelType
from clm.policy import SEED, Policy
from clm.records import Decision
from clm.scope import Scope
from clm.steps.shadowing import announce
from tests.unit.decisions.stream import Tape, evaluated

MINUTE = 60 * SECOND
STEP = 20 * MINUTE
MODELS = (ModelType.XGBOOST, ModelType.NHITS)
POLICY = Policy(
    name=SEED, models=MODELS, retrain_interval_days=0.25, data_threshold_points=8, decay_window_pairs=3,
    cooldown_hours=2.0, training_lookback_days=0.125, shadow_test_hours=1.0, min_effective_outcomes=2,
    max_concurrent_shadows=1,
)  # fmt: skip


def score(sha256: str, symbol: str, at: int) -> float | None:
    """A candidate that mostly knows the outcome, sometimes nothing, and rarely breaks."""
    minute = at // MINUTE
    if minute % 7 == 0:
        return None
    return math.nan if minute % 101 == 0 else truth(at) * (0.75 if minute % 3 else -1.0)


def truth(at: int) -> float:
    """The outcome of what is predicted at a moment."""
    return float(at // MINUTE % 5 - 2)


def watcher() -> WatcherFold:
    return WatcherFold(Scope(), POLICY)


def shadow() -> ShadowFold:
    return ShadowFold(Scope(), POLICY, score)


def settled(fold: WatcherFold | ShadowFold, event: Event) -> list[Decision]:
    """The decisions of an event; a malformed one brings none."""
    try:
        return fold.apply(event)
    except MalformedEvent:
        return []


class Market:
    """Writes the stream while both folds follow it.

    Parameters:
        watches: the watcher's fold.
        evidence: of each candidate's hold-out.
    """

    dwell = 4  # steps of a regime

    def __init__(
        self, watches: Callable[[], WatcherFold] = watcher, evidence: dict[str, Any] | None = None
    ) -> None:
        self.events: list[Event] = []
        self.decisions: list[Decision] = []
        self._watcher, self._shadow, self._tape = watches(), shadow(), Tape()
        self._evidence = evidence or {}
        self._waiting: list[Prediction] = []
        self._runs: list[Decision] = []
        self._promotions: list[Decision] = []
        self._at = self._step = 0

    def happens(self, choices: Iterable[int]) -> list[Event]:
        """The stream that some choices make."""
        for choice in choices:
            self._step, self._at = self._step + 1, self._at + STEP
            ACTIONS[choice % len(ACTIONS)](self)
        return self.events

    def write(self, event: Event) -> None:
        self.events.append(event)
        made = settled(self._watcher, event)
        self._runs += [each for each in made if self._keep(each) in ("retrain", RECALL)]
        for verdict in settled(self._shadow, event):
            if self._keep(verdict) == "promote":
                self._promotions.append(verdict)
            for announced in announce(verdict):
                self.write(announced)

    def _keep(self, decision: Decision) -> str:
        self.decisions.append(decision)
        return decision.kind

    def predicts(self) -> None:
        model = MODELS[self._step % 2].value
        version = self._shadow.routes.active(model) if self._step % 11 else "stranger"
        value, symbol = float(self._step * 7 % 5 - 2), "AB"[self._step // 2 % 2]
        made = self._tape.predict(self._at, value, 0.25, model_type=model, version=version, symbol=symbol)
        self._waiting.append(made)
        self.write(made)

    def matures(self) -> None:
        if self._waiting:
            made = self._waiting.pop(0)
            self.write(self._tape.outcome(made, self._at, truth(made.at)))

    def ticks(self) -> None:
        self.write(tick(self._at))

    def shifts(self) -> None:
        self.write(self._tape.regime(self._at, ("calm", "wild")[self._step // self.dwell % 2]))

    def commands(self) -> None:
        self.write(self._tape.retrain())

    def trains(self) -> None:
        if self._runs:
            run = self._runs.pop(0)
            if run.kind == RECALL:
                back = self._tape.candidate(run.evidence[RECALL], run.at, run.id, run.model_type, evaluated())
                self.write(replace(back, recalled=run.id))
                return
            delta = -0.1 if self._step % 3 else 0.1
            judged = evaluated(
                vs_active_rmse_delta=delta, directional_accuracy=0.875, evidence=self._evidence
            )
            done = self._tape.candidate(f"v{self._step}", run.at, run.id, run.model_type, judged)
            ended = done if self._step % 5 else self._tape.failed(run.id, run.model_type)
            self.write(replace(ended, cpu_seconds=float(self._step % 3)))

    def moves(self) -> None:
        if self._promotions:
            won = self._promotions.pop(0)
            epoch, version = won.evidence["epoch"] + 1, str(won.version)
            self.write(self._tape.moved(version, epoch, won.model_type) if self._step % 4
                       else self._tape.refused(version, epoch - self._step // 4 % 2, won.id))  # fmt: skip

    def rolls_back(self) -> None:
        if self._step % 3 == 0:
            self.write(self._tape.moved("naive", 99))

    def repeats(self) -> None:
        if self.events:
            self.write(self.events[self._step % len(self.events)])


PAIRS = (Market.predicts, Market.predicts, Market.matures, Market.matures)
ACTIONS: tuple[Callable[[Market], None], ...] = (
    *PAIRS, *PAIRS, Market.ticks, Market.trains, Market.moves, Market.trains, Market.shifts,
    Market.commands, Market.rolls_back, Market.repeats,
)  # fmt: skip
"""What a choice makes happen."""
