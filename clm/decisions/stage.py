"""A stage of a canary: what it and the active version said of the same events. Rule ``stages-1``.

The shadow has shown that the candidate is better; a stage guards against harm where it really serves. It
passes at the first entry with its hours over and enough effective outcomes, unless the canary is
significantly worse (Diebold-Mariano-HLN, one-sided, of the absolute errors). Evidence stays paired: whichever
of the two was published, the other is scored beside it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from clm.decisions.diebold_mariano import p_value_better
from clm.decisions.join import MAX_PENDING, Pair
from clm.decisions.ruling import Ruling
from clm.decisions.trial import MAX_PAIRS
from clm.events import Prediction
from clm.policy import Policy

RULE = "stages-1"
LEVEL = 0.05
"""Of the test that the canary is worse."""

PASS, ABORT = "pass", "abort"


def _newest(saved: Iterable[float] = ()) -> deque[float]:
    return deque(saved, MAX_PAIRS)


@dataclass
class Stage:
    """One share of one canary; folds the pairs since it began."""

    model_type: str
    canary: str
    active: str
    share: float  # fraction of keys
    opened_at: int  # event clock, µs
    cause: str  # id of the registry's decision that began it
    horizon: int = 1  # bars, the longest seen
    symbols: set[str] = field(default_factory=set)
    canary_errors: deque[float] = field(default_factory=_newest)  # signed, target units
    active_errors: deque[float] = field(default_factory=_newest)
    waiting: dict[tuple[str, int], float] = field(default_factory=dict)  # id -> what the other one said
    pairs: int = 0  # matured
    unscored: int = 0  # predictions beside which the other one said nothing
    said: str = ""  # id of the decision whose move has not happened yet
    held: bool = False  # its move was refused: wait until the route changes

    def other(self, event: Prediction) -> str:
        """The version that was not published, of the two; empty where neither was."""
        return {self.canary: self.active, self.active: self.canary}.get(event.version, "")

    def forecast(self, event: Prediction, value: float | None) -> None:
        """Keep what the other one said (target units) until the outcome is known; None: nothing."""
        if value is None:
            self.unscored += 1
            return
        self.waiting[event.p, event.n] = value
        if len(self.waiting) > MAX_PENDING:  # the join has given the prediction up as well
            del self.waiting[next(iter(self.waiting))]

    def matured(self, pair: Pair) -> None:
        """Fold a pair, if both had forecast it."""
        seen = pair.prediction
        value = self.waiting.pop((seen.p, seen.n), None)
        if value is None:
            return
        published, beside = seen.value - pair.outcome, value - pair.outcome
        of_canary = seen.version == self.canary
        self.canary_errors.append(published if of_canary else beside)
        self.active_errors.append(beside if of_canary else published)
        self.horizon = max(self.horizon, seen.horizon)
        self.symbols.add(seen.symbol)
        self.pairs += 1

    @property
    def effective(self) -> int:
        """Effectively independent outcomes: overlapping horizons share theirs."""
        return self.pairs // self.horizon

    def complete(self, clock: int, policy: Policy) -> bool:
        """Whether its hours have passed and the outcomes suffice."""
        long_enough = clock - self.opened_at >= policy.canary_time
        return long_enough and self.effective >= policy.min_effective_outcomes

    def ruling(self) -> Ruling:
        """Whether the canary may go on; its statistic is the p-value of "it is not worse"."""
        mine, theirs = self.mae
        against = f"MAE {mine:.6g} against {theirs:.6g} of {self.active} over {self.pairs} pairs"
        overlap = min(self.horizon * len(self.symbols), len(self.canary_errors) // 4)
        p = p_value_better(self.active_errors, self.canary_errors, max(1, overlap))
        worse = mine > theirs if math.isnan(p) else p < LEVEL
        if worse:
            return Ruling(ABORT, f"worse on {self.share:.0%} of the keys: {against}", p, LEVEL)
        return Ruling(PASS, f"not worse on {self.share:.0%} of the keys: {against}", p, LEVEL)

    @property
    def mae(self) -> tuple[float, float]:
        """Mean absolute error of the canary and of the active version; NaN without pairs."""
        sides = (self.canary_errors, self.active_errors)
        mine, theirs = (fmean(map(abs, each)) if each else math.nan for each in sides)
        return mine, theirs

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {
            **vars(self),
            "symbols": sorted(self.symbols),
            "canary_errors": list(self.canary_errors),
            "active_errors": list(self.active_errors),
            "waiting": [[*key, value] for key, value in self.waiting.items()],
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Stage:
        """From a saved state."""
        return cls(
            **{
                **state,
                "symbols": set(state["symbols"]),
                "canary_errors": _newest(state["canary_errors"]),
                "active_errors": _newest(state["active_errors"]),
                "waiting": {(p, n): value for p, n, value in state["waiting"]},
            }
        )
