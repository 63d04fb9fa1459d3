"""A bout: a candidate with its trial, and its forecasts that wait for their outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clm.decisions.candidate import Candidate
from clm.decisions.join import MAX_PENDING, Pair
from clm.decisions.trial import ShadowTrial, TrialPair
from clm.decisions.trials import trial_from
from clm.events import Prediction


@dataclass(eq=False)
class Bout:
    """A candidate on its way through the shadow."""

    candidate: Candidate
    trial: ShadowTrial | None = None  # None: waits for a free place, or was judged without one
    waiting: dict[tuple[str, int], tuple[float, str]] = field(default_factory=dict)  # id -> value, regime
    unscored: int = 0  # predictions without enough history
    verdict: str = ""  # id of the decision that promotes it, while its move has not happened

    @property
    def name(self) -> str:
        """The model type, as on the wire."""
        return self.candidate.model_type.value

    def begin(self, trial: ShadowTrial) -> None:
        """Begin a trial; what waited for its outcome before counts for nothing."""
        self.trial = trial
        self.waiting, self.unscored = {}, 0

    def meets(self, event: Prediction) -> bool:
        """Whether the candidate is to be scored beside a prediction."""
        same = self.trial is not None and event.version == self.trial.active
        return same and event.model_type == self.name and event.at >= self.candidate.as_of

    def forecast(self, event: Prediction, value: float | None, regime: str) -> None:
        """Keep what the candidate said (target units) until the outcome is known; None: nothing."""
        if value is None:
            self.unscored += 1
            return
        self.waiting[event.p, event.n] = value, regime
        if len(self.waiting) > MAX_PENDING:  # the join has given the prediction up as well
            del self.waiting[next(iter(self.waiting))]

    def matured(self, pair: Pair) -> bool:
        """Fold a pair into the trial; whether the candidate had forecast it."""
        seen = pair.prediction
        said = self.waiting.pop((seen.p, seen.n), None)
        if said is None or self.trial is None:
            return False
        value, regime = said
        each = TrialPair(value, seen.value, seen.naive, pair.outcome, regime)
        self.trial.observe(each, seen.horizon)
        return True

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {
            "candidate": self.candidate.state(),
            "trial": self.trial and self.trial.state(),
            "waiting": [[*key, *value] for key, value in self.waiting.items()],
            "unscored": self.unscored,
            "verdict": self.verdict,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Bout:
        """From a saved state."""
        return cls(
            Candidate.restored(state["candidate"]),
            state["trial"] and trial_from(state["trial"]),
            {(p, n): (value, regime) for p, n, value, regime in state["waiting"]},
            state["unscored"],
            state["verdict"],
        )
