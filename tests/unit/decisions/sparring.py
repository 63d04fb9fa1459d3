"""Streams in which it is known how good a candidate is: five-minute bars, errors drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clm.decisions.shadow import ShadowFold
from clm.events import SECOND, Event
from clm.policy import SEQUENTIAL, Policy
from clm.scope import Scope
from clm.steps.comparison import Beside, duel
from tests.unit.decisions.stream import Tape, evaluated

BAR = 300 * SECOND
SCOPE = Scope(bar_seconds=300)
POLICY = Policy(name=SEQUENTIAL)


@dataclass
class Ring:
    """Two fighters before one market: the active version, and a candidate of known worth.

    Parameters:
        worth: share of the active version's error that the candidate's has; 0.9 is 10 % better.
    """

    worth: float
    seed: int = 1
    tape: Tape = field(default_factory=Tape)
    at: int = BAR

    def __post_init__(self) -> None:
        self._draw = np.random.default_rng(self.seed)
        self.said: dict[int, float] = {}  # at -> what the candidate forecasts

    def errors(self, count: int) -> tuple[Any, Any]:
        """Errors (n,) of the active version and of the candidate, correlated as models of one market are."""
        common = self._draw.normal(size=count)
        mine, theirs = 0.2 * self._draw.normal(size=(2, count))
        return common + theirs, self.worth * (common + mine)

    def rounds(self, count: int, version: str = "v1", naive: float = 9.0) -> list[Event]:
        """Pairs of the active version, one a bar; outcomes are 0 and naive is far off."""
        theirs, mine = self.errors(count)
        events: list[Event] = []
        for active, candidate in zip(theirs.tolist(), mine.tolist(), strict=True):
            self.said[self.at] = candidate
            events += self.tape.pair(self.at, active, 0.0, naive, version=version)
            self.at += BAR
        return events

    def score(self, sha256: str, symbol: str, at: int) -> float | None:
        return self.said.get(at)

    def taught(self, count: int = 2016) -> dict[str, Any]:
        """The evidence of a hold-out with this many rows."""
        theirs, mine = self.errors(count)
        rows = Beside(mine, theirs, np.ones(count), np.ones(count, dtype=bool), "v1", 1, 1)
        return {"duel": duel(rows, POLICY)}

    def candidate(self, version: str = "v2", **evidence: Any) -> Event:
        """The announcement of the candidate; the hold-out has taught its duel unless told otherwise."""
        judged = evaluated(evidence=evidence or self.taught(), active_version="v1")
        return self.tape.candidate(version, evaluation=judged)

    def fold(self, active: str = "v1", **settings: Any) -> ShadowFold:
        """A fold in which a trained version is active."""
        made = ShadowFold(SCOPE, Policy(**{"name": SEQUENTIAL, **settings}), self.score)
        made.apply(Tape("registry").moved(active))
        return made


def kinds(decisions: Sequence[Any]) -> list[str]:
    return [each.kind for each in decisions]
