"""A stage of a canary: what it and the active version said of the same events. Rule ``stages-2``.

The shadow has shown that the candidate is better; a stage guards against harm where it really serves. It is
looked at after every pair and ends as soon as the canary is shown to be worse, by a probation (roles and
rules as after a promotion: it knows the errors' variance) or by a wager, which needs to know nothing and so
speaks from the first bars on. It passes at the first entry with its hours over and enough effective outcomes,
but not before one of the two could have spoken. Evidence stays paired: whichever of the two versions was
published, the other is scored beside it. Each stage has its own: what an earlier one taught is the variance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from clm.decisions.forecasts import Forecasts
from clm.decisions.join import Pair
from clm.decisions.ruling import Ruling
from clm.decisions.sequential.wager import Wager
from clm.events import Prediction
from clm.policy import Policy

if TYPE_CHECKING:  # compiled, so not before it is needed
    from clm.decisions.sequential.probation import Probation

RULE = "stages-2"
WAGERED = 0.01
"""Level of the wager; that of the probation is its own."""

LEAST_BARS = 12
"""Bars after which a wager has spoken if the canary did nothing but harm: eleven, and one that is open."""

LATE = 0.5
"""Share of the probation's level that is kept for the stage's end, where its ruling is due."""

PASS, ABORT = "pass", "abort"

WAGER = "wager"
WHY = {
    "duel": "worse",
    WAGER: "worse",
    "guard": "errs several times as much",
    "missing": "gave no number too often",
}
"""What shows that a canary is worse: a probation's reasons, and the wager."""


@dataclass(eq=False)
class Stage:
    """One share of one canary; folds the pairs since it began."""

    model_type: str
    canary: str
    active: str
    share: float  # fraction of keys
    opened_at: int  # event clock, µs
    cause: str  # id of the registry's decision that began it
    probation: Probation  # of the canary beside the active version
    wager: Wager = field(default_factory=Wager)  # that the canary, its second, is worse
    horizon: int = 1  # bars, the longest seen
    beside: Forecasts = field(default_factory=Forecasts)  # by the one that was not published
    pairs: int = 0  # matured
    losses: list[float] = field(default_factory=lambda: [0.0, 0.0])  # sums, of canary and active version
    said: str = ""  # id of the decision whose move has not happened yet
    held: bool = False  # its move was refused: wait until the route changes

    def next(self, share: float, opened_at: int, cause: str) -> Stage:
        """The stage after this one: nothing of its evidence, but what it has taught."""
        return Stage(
            self.model_type, self.canary, self.active, share, opened_at, cause, self.probation.renewed()
        )

    def other(self, event: Prediction) -> str:
        """The version that was not published, of the two; empty where neither was."""
        return {self.canary: self.active, self.active: self.canary}.get(event.version, "")

    def matured(self, pair: Pair) -> None:
        """Fold a pair, if both had forecast it."""
        said, seen = self.beside.take(pair), pair.prediction
        if said is None:
            return
        errors = seen.value - pair.outcome, said[0] - pair.outcome
        canary, active = errors if seen.version == self.canary else errors[::-1]
        self.probation.update(canary, active)
        self.wager.update(active, canary, seen.at, seen.horizon)
        self.losses = [self.losses[0] + abs(canary), self.losses[1] + abs(active)]
        self.horizon = max(self.horizon, seen.horizon)
        self.pairs += 1

    @property
    def effective(self) -> int:
        """Effectively independent outcomes: overlapping horizons share theirs."""
        return self.pairs // self.horizon

    @property
    def worse(self) -> str:
        """What has shown that the canary is worse, see ``WHY``; empty while nothing has."""
        return self.probation.reason or (WAGER if self.wager.log_e >= -math.log(WAGERED) else "")

    def complete(self, clock: int, policy: Policy) -> bool:
        """Whether it can end: the canary is worse, or had hours and outcomes enough to be seen to be."""
        if self.worse:
            return True
        long_enough = clock - self.opened_at >= policy.canary_time
        return long_enough and self.effective >= policy.min_effective_outcomes and self.could_tell

    @property
    def could_tell(self) -> bool:
        """Whether harm could have been shown by now, if it were large."""
        rows = self.probation.standing.rows
        return self.wager.bars >= LEAST_BARS or rows >= self.probation.rules.least

    def ruling(self) -> Ruling:
        """Whether the canary may go on; the statistic is the log of the evidence that it is worse."""
        mine, theirs = self.mae
        found = WHY[self.worse] if self.worse else "not worse"
        reason = (
            f"{found} on {self.share:.0%} of the keys: "
            f"MAE {mine:.6g} against {theirs:.6g} of {self.active} over {self.pairs} pairs"
        )
        figures = self.probation.standing.log_better, self.probation.rules.early_limit
        if self.worse == WAGER:
            figures = self.wager.log_e, -math.log(WAGERED)
        return Ruling(ABORT if self.worse else PASS, reason, *figures)

    @property
    def level(self) -> float:
        """Probability that a canary as good as the active version is called worse in a stage."""
        return self.probation.rules.level + WAGERED

    @property
    def mae(self) -> tuple[float, float]:
        """Mean absolute error of the canary and of the active version; NaN without pairs."""
        mine, theirs = (each / self.pairs if self.pairs else math.nan for each in self.losses)
        return mine, theirs

    def receipt(self) -> dict[str, Any]:
        """What its ruling rests on, so that it can be ruled again."""
        mine, theirs = self.mae
        return {
            "active": self.active,
            "share": self.share,
            "since": self.opened_at,
            "canary_mae": mine,
            "active_mae": theirs,
            "losses": list(self.losses),
            "horizon": self.horizon,
            "decided_by": self.worse,
            "probation": self.probation.state(),
            "wager": self.wager.state(),
        }

    @classmethod
    def told(cls, model_type: str, canary: str, pairs: int, evidence: Mapping[str, Any]) -> Stage:
        """The stage behind a receipt, to be asked again."""
        from clm.decisions.sequential.probation import Probation

        made = cls(
            model_type,
            canary,
            evidence["active"],
            evidence["share"],
            evidence["since"],
            "",
            Probation.restored(evidence["probation"]),
            Wager.restored(evidence["wager"]),
        )
        return replace(made, horizon=evidence["horizon"], pairs=pairs, losses=list(evidence["losses"]))

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {
            **vars(self),
            "probation": self.probation.state(),
            "wager": self.wager.state(),
            "beside": [self.beside.state(), self.beside.unscored],
            "losses": list(self.losses),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Stage:
        """From a saved state."""
        from clm.decisions.sequential.probation import Probation

        return cls(
            **{
                **state,
                "probation": Probation.restored(state["probation"]),
                "wager": Wager.restored(state["wager"]),
                "beside": Forecasts.restored(*state["beside"]),
            }
        )
