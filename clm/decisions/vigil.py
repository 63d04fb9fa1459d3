"""A vigil: a version that was just promoted, scored beside the one that it replaced.

Rule ``sequential-probation-1``. Both forecast the same events; ``clm.decisions.sequential.probation`` says
whether the new one is to be rolled back. It ends after its days, but not before it could have spoken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clm.decisions.forecasts import Forecasts
from clm.decisions.join import Pair
from clm.decisions.ruling import PASSED, ROLLBACK
from clm.events import Prediction
from clm.model import NAIVE

if TYPE_CHECKING:  # compiled, so not before it is needed
    from clm.decisions.sequential.probation import Probation

LEAST_ROWS = 288
"""Pairs before days end it: by then the variance is known."""

WHY = {
    "duel": "{version} is worse than {before}",
    "guard": "{version} errs several times as much as {before}",
    "missing": "{version} gave no number too often",
}


@dataclass(eq=False)
class Vigil:
    """A version on probation."""

    name: str  # model type, as on the wire
    version: str  # on probation
    before: str  # the version that it replaced
    sha256: str  # of that one's bundle; empty: the naive forecast, which every event tells
    cause: str  # id of the verdict that promoted it
    until: int  # event clock at which it has passed, µs
    probation: Probation
    said: Forecasts = field(default_factory=Forecasts)  # by the replaced version
    pairs: int = 0

    def meets(self, event: Prediction) -> bool:
        """Whether the replaced version is to be scored beside a prediction."""
        return (event.model_type, event.version) == (self.name, self.version)

    def matured(self, pair: Pair) -> bool:
        """Fold a pair; whether the replaced version had forecast it."""
        said = self.said.take(pair)
        if said is None:
            return False
        self.pairs += 1
        self.probation.update(pair.prediction.value - pair.outcome, said[0] - pair.outcome)
        return True

    def ended(self, clock: int) -> str:
        """``rollback``, ``passed`` or empty, at an event clock (µs)."""
        if self.probation.reason:
            return ROLLBACK
        over = clock >= self.until and self.pairs >= LEAST_ROWS
        return PASSED if over or self.probation.passed else ""

    def reason(self, clock: int) -> str:
        """Why, in words."""
        names = {"version": self.version, "before": self.before}
        if self.probation.reason:
            return f"{WHY[self.probation.reason].format(**names)}, seen on {self.pairs} pairs"
        if self.ended(clock):
            return f"{self.version} is not worse than {self.before} on {self.pairs} pairs"
        return f"{self.version} is watched beside {self.before}"

    @property
    def naive(self) -> bool:
        """Whether it replaced the naive forecast."""
        return self.before == NAIVE

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {
            "of": [self.name, self.version, self.before, self.sha256, self.cause, self.until],
            "probation": self.probation.state(),
            "waiting": self.said.state(),
            "unscored": self.said.unscored,
            "pairs": self.pairs,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Vigil:
        """From a saved state."""
        said = Forecasts.restored(state["waiting"], state["unscored"])
        from clm.decisions.sequential.probation import Probation

        name, version, before, sha256, cause, until = state["of"]
        probation = Probation.restored(state["probation"])
        return cls(name, version, before, sha256, cause, until, probation, said, state["pairs"])
