"""A stage of a canary: what it and the active version said of the same events. Rule ``stages-2``.

The shadow has shown that the candidate is better; a stage guards against harm where it really serves. It is
looked at after every pair and ends as soon as the canary is shown to be worse, by a probation (roles and
rules as after a promotion: it knows the errors' variance) or by a wager, which needs to know nothing and so
speaks from the first bars on. It passes at the first entry with its hours over and enough effective outcomes,
but not before one of the two could have spoken, and unless one last look (``batch_means``) finds harm that is
too small for tests that may look at any time. Evidence stays paired: whichever of the two was published, the
other is scored beside it. Each stage has its own: what an earlier one taught is the variance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from clm.decisions.batch_means import BatchMeans
from clm.decisions.forecasts import Forecasts
from clm.decisions.join import Pair
from clm.decisions.ruling import Ruling
from clm.decisions.sequential.wager import Wager
from clm.events import Prediction
from clm.policy import Policy

if TYPE_CHECKING:  # compiled, so not before it is needed
    from clm.decisions.sequential.probation import Probation

RULE = "stages-2"
WATCHED, WAGERED, LOOKED = 0.01, 0.01, 0.03
"""Levels of probation, wager and last look."""

LEVEL = WATCHED + WAGERED + LOOKED
"""How often at most a canary as good as the active version is aborted in a stage."""

LEAST_BARS = 12
"""Bars after which a wager has spoken if the canary did nothing but harm: eleven, and one that is open."""

ENDLESS = 10**9
"""Rows of a stage's probation: hours end it, or a person who holds the route."""

PASS, ABORT = "pass", "abort"

WAGER, LOOK = "wager", "look"
WHY = {
    "duel": "worse",
    WAGER: "worse",
    LOOK: "worse",
    "guard": "errs several times as much",
    "missing": "gave no number too often",
}
"""What shows that a canary is worse: a probation's reasons, the wager, the last look."""


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
    harm: BatchMeans = field(default_factory=BatchMeans)  # loss of the canary over the active version's
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
        self.harm.update(abs(canary) - abs(active), seen.at, 1 if seen.horizon == 1 else 2 * seen.horizon)
        self.losses = [self.losses[0] + abs(canary), self.losses[1] + abs(active)]
        self.horizon = max(self.horizon, seen.horizon)
        self.pairs += 1

    @property
    def effective(self) -> int:
        """Effectively independent outcomes: overlapping horizons share theirs."""
        return self.pairs // self.horizon

    @property
    def worse(self) -> str:
        """What has shown at any time that the canary is worse, see ``WHY``; empty while nothing has."""
        return self.probation.reason or (WAGER if self.wager.log_e >= -math.log(WAGERED) else "")

    @property
    def found(self) -> str:
        """The same at the stage's end, where there is a last look."""
        return self.worse or (LOOK if self.harm.p_value < LOOKED else "")

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
        """Whether the canary may go on, asked where the stage is complete.

        The statistic is what decided: the log of the evidence that the canary is worse, or the p-value of the
        last look.
        """
        (mine, theirs), found = self.mae, self.found
        reason = (
            f"{WHY[found] if found else 'not worse'} on {self.share:.0%} of the keys: "
            f"MAE {mine:.6g} against {theirs:.6g} of {self.active} over {self.pairs} pairs"
        )
        figures = self.harm.p_value, LOOKED
        if found == WAGER:
            figures = self.wager.log_e, -math.log(WAGERED)
        elif found and found != LOOK:
            figures = self.probation.standing.log_better, self.probation.rules.early_limit
        return Ruling(ABORT if found else PASS, reason, *figures)

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
            "decided_by": self.found,
            "probation": self.probation.state(),
            "wager": self.wager.state(),
            "harm": self.harm.state(),
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
            BatchMeans.restored(evidence["harm"]),
        )
        return replace(made, horizon=evidence["horizon"], pairs=pairs, losses=list(evidence["losses"]))

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {
            **vars(self),
            "probation": self.probation.state(),
            "wager": self.wager.state(),
            "harm": self.harm.state(),
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
                "harm": BatchMeans.restored(state["harm"]),
                "beside": Forecasts.restored(*state["beside"]),
            }
        )
