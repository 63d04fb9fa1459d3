"""A bout: a candidate with its trial, and its forecasts that wait for their outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clm.decisions.candidate import Candidate
from clm.decisions.forecasts import Forecasts
from clm.decisions.join import Pair
from clm.decisions.trial import ShadowTrial, TrialPair
from clm.decisions.trials import trial_from
from clm.events import Prediction


@dataclass(eq=False)
class Bout:
    """A candidate on its way through the shadow."""

    candidate: Candidate
    trial: ShadowTrial | None = None  # None: waits for a free place, or was judged without one
    said: Forecasts = field(default_factory=Forecasts)
    beside: Forecasts = field(default_factory=Forecasts)  # by the fit without the hold-out, if it fights
    multiple: int = 0  # that its forecasts were asked for in multiples of; 0: before that was recorded
    verdict: str = ""  # id of the decision that promotes it, while its move has not happened

    @property
    def name(self) -> str:
        """The model type, as on the wire."""
        return self.candidate.model_type.value

    def begin(self, trial: ShadowTrial, multiple: int) -> None:
        """Begin a trial; what waited for its outcome before counts for nothing."""
        self.multiple = multiple
        self.trial, self.said, self.beside = trial, Forecasts(), Forecasts()

    def meets(self, event: Prediction) -> bool:
        """Whether the candidate is to be scored beside a prediction."""
        same = self.trial is not None and event.version == self.trial.active
        return same and event.model_type == self.name and event.at >= self.candidate.as_of

    def matured(self, pair: Pair) -> bool:
        """Fold a pair into the trial; whether the candidate had forecast it."""
        said, fighter = self.said.take(pair), self.beside.take(pair)
        if said is None or self.trial is None:
            return False
        (value, regime), seen = said, pair.prediction
        evaluated = None if fighter is None else fighter[0]
        each = TrialPair(value, seen.value, seen.naive, pair.outcome, regime, evaluated)
        self.trial.observe(each, seen.horizon)
        return True

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {
            "candidate": self.candidate.state(),
            "trial": self.trial and self.trial.state(),
            "waiting": self.said.state(),
            "beside": self.beside.state(),
            "unscored": self.said.unscored,
            "multiple": self.multiple,
            "verdict": self.verdict,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Bout:
        """From a saved state."""
        return cls(
            Candidate.restored(state["candidate"]),
            state["trial"] and trial_from(state["trial"]),
            Forecasts.restored(state["waiting"], state["unscored"]),
            Forecasts.restored(state["beside"], 0),
            state.get("multiple", 0),
            state["verdict"],
        )
