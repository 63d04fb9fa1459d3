"""The shadow's fold: candidates and live events in, verdicts of role ``shadow`` out. Pure.

A candidate's forecasts come through the scorer, from rows and bundles that never change; so the fold
gives the same verdicts whenever it is run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from clm.decisions.candidate import Candidate, shadow_fields
from clm.decisions.health import check_range
from clm.decisions.intake import Intake
from clm.decisions.join import Join
from clm.decisions.promotion import PROMOTE, REJECT, UNDECIDED, Ruling, decide, gate
from clm.decisions.promotion import RULE as PROMOTION_RULE
from clm.decisions.regimes import Regimes
from clm.decisions.trial import RULE as SHADOW_RULE
from clm.decisions.trial import ShadowTrial, TrialPair
from clm.errors import ClmError, UnreachableServer
from clm.events import Event, Moved, Outcome, Prediction, Refused, Regime, Run, Tick, moment
from clm.model import NAIVE, ShadowTestResult
from clm.policy import Policy
from clm.records import Decision, Head
from clm.scope import Scope

ROLE = "shadow"
ABORTED = "aborted"
STATE_VERSION = 1


class Scorer(Protocol):
    """The forecast of a stored bundle for one input row that the trader published."""

    def __call__(self, sha256: str, symbol: str, at: int) -> float | None:
        """Target units; None where the history is too short; NaN if the model gave no number.

        Raises:
            ClmError: the bundle cannot be used: corrupt, or it lacks features.
            UnreachableServer: it could not be fetched now, which says nothing of the candidate.
        """


@dataclass
class Bout:
    """A candidate with its trial and the forecasts that wait for their outcome."""

    candidate: Candidate
    trial: ShadowTrial | None = None  # None: waits for a free place
    waiting: dict[tuple[str, int], tuple[float, str]] = field(default_factory=dict)
    unscored: int = 0  # predictions without enough history

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {
            "candidate": self.candidate.state(),
            "trial": self.trial and self.trial.state(),
            "waiting": [[*key, *value] for key, value in self.waiting.items()],
            "unscored": self.unscored,
        }

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Bout:
        """From a saved state."""
        return cls(
            Candidate.restored(state["candidate"]),
            state["trial"] and ShadowTrial.restored(state["trial"]),
            {(p, n): (value, regime) for p, n, value, regime in state["waiting"]},
            state["unscored"],
        )


class ShadowFold:
    """Folds a scope's events into trials, and says how each ends."""

    def __init__(self, scope: Scope, policy: Policy, score: Scorer) -> None:
        self.intake, self.join, self.regimes = Intake(), Join(), Regimes()
        self.active: dict[str, str] = {each.value: NAIVE for each in policy.models}
        self.epochs: dict[str, int] = {}  # of each route, as the events told
        self.served: set[str] = set()  # model types of which a trained version was ever active
        self.bouts: list[Bout] = []  # waiting and open, in the order they came
        self.won: dict[str, Bout] = {}  # promote was said, the move has not happened yet
        self.head = Head()
        self._policy, self._score, self._exponent = policy, score, scope.exponent

    def apply(self, event: Event) -> list[Decision]:
        """The verdicts that one event brings, chained to the role's last.

        Raises:
            MalformedEvent: the event is impossible here; it changed nothing but the intake.
            UnreachableServer: the scorer has no bundle now; restore a saved state, then try again.
        """
        if not self.intake.accept(event):
            return []
        made: list[Decision] = []
        match event:
            case Prediction():
                made = self._predicted(event)
            case Outcome():
                made = self._matured(event)
            case Regime() if event.symbol is None:
                self.regimes.observe(event.at, event.regime)
            case Tick():
                made = self._weigh(self.bouts)
            case Run(phase="candidate"):
                made = self._announced(Candidate.announced(event))
            case Moved():
                made = self._moved(event)
            case Refused():
                made = self._refused(event)
        return made

    @property
    def open(self) -> list[Bout]:
        """The bouts that are being scored."""
        return [bout for bout in self.bouts if bout.trial is not None]

    def _announced(self, candidate: Candidate) -> list[Decision]:
        name = candidate.model_type.value
        first = name not in self.served and self.active.get(name, NAIVE) == NAIVE
        ruling = gate(candidate.judged(), self._policy, first=first)
        if ruling.result != UNDECIDED:
            bout = Bout(candidate)
            if ruling.result == PROMOTE:
                self.won[name] = bout
            return [self._record(bout, ruling, PROMOTION_RULE, None)]
        self.challenge(candidate)
        return []

    def challenge(self, candidate: Candidate) -> None:
        """Put a candidate in line for a trial; it begins now if there is a free place."""
        self.bouts.append(Bout(candidate))
        self._fill()

    def _fill(self) -> None:
        """Give free places to those who wait, in order."""
        for bout in self.bouts:
            if bout.trial is None and len(self.open) < self._policy.max_concurrent_shadows:
                self._begin(bout)

    def _begin(self, bout: Bout) -> None:
        candidate = bout.candidate
        active = self.active.get(candidate.model_type.value, NAIVE)
        clock = self.intake.clock
        bout.trial = ShadowTrial(candidate.model_type, candidate.version, active, clock)
        bout.waiting, bout.unscored = {}, 0

    def _predicted(self, event: Prediction) -> list[Decision]:
        check_range(self._exponent, event.value, event.naive)
        self.join.expect(event)
        ended = []
        for bout in list(self.open):
            candidate, trial = bout.candidate, bout.trial
            same = trial is not None and event.version == trial.active
            if not same or event.model_type != candidate.model_type.value:
                continue
            if event.at >= candidate.as_of:
                ended += self._scored(bout, event)
        return ended

    def _scored(self, bout: Bout, event: Prediction) -> list[Decision]:
        try:
            value = self._score(bout.candidate.sha256, event.symbol, event.at)
        except UnreachableServer:
            raise
        except ClmError as error:
            return self._end(bout, Ruling(REJECT, f"critical: {error}"))
        if value is None:
            bout.unscored += 1
            return []
        if not math.isfinite(value):
            where = f"{event.symbol} at {moment(event.at):%Y-%m-%d %H:%M}"
            return self._end(bout, Ruling(REJECT, f"critical: forecast {value} of {where}"))
        bout.waiting[event.p, event.n] = value, self.regimes.current or ""
        return []

    def _matured(self, event: Outcome) -> list[Decision]:
        check_range(self._exponent, event.value)
        pair = self.join.meet(event)
        seen, touched = pair.prediction, []
        for bout in self.open:
            forecast = bout.waiting.pop(event.of, None)
            if forecast is not None and bout.trial is not None:
                value, regime = forecast
                each = TrialPair(value, seen.value, seen.naive, event.value, regime)
                bout.trial.observe(each, seen.horizon)
                touched.append(bout)
        return self._weigh(touched)

    def _weigh(self, bouts: Iterable[Bout]) -> list[Decision]:
        ended = []
        for bout in list(bouts):
            trial = bout.trial
            if trial is None or not trial.complete(self.intake.clock, self._policy):
                continue
            shadow = trial.result(self.intake.clock, self._policy)
            ruling = decide(bout.candidate.judged(), shadow, self._policy, first=False)
            if ruling.result != UNDECIDED:
                ended += self._end(bout, ruling, shadow)
        return ended

    def _end(self, bout: Bout, ruling: Ruling, shadow: ShadowTestResult | None = None) -> list[Decision]:
        self.bouts.remove(bout)
        if ruling.result == PROMOTE:
            self.won[bout.candidate.model_type.value] = bout
        decision = self._record(bout, ruling, SHADOW_RULE, shadow)
        self._fill()
        return [decision]

    def _moved(self, event: Moved) -> list[Decision]:
        name, to_version = event.model_type, event.to_version
        self.active[name], self.epochs[name] = to_version, event.epoch
        if to_version != NAIVE:
            self.served.add(name)
        winner = self.won.pop(name, None)
        if winner is not None and winner.candidate.version != to_version:
            self.bouts.insert(0, winner)  # overtaken by another move: it tries again from here
        decisions = []
        for bout in [b for b in self.bouts if b.candidate.model_type.value == name]:
            if bout.candidate.version == to_version:
                reason = f"promoted by {event.actor} before the shadow ended"
                decisions += self._end(bout, Ruling(ABORTED, reason))
            elif bout.trial is not None or bout is winner:
                decisions.append(self._restart(bout, f"{name} moved to {to_version}"))
        self._fill()
        return decisions

    def _refused(self, event: Refused) -> list[Decision]:
        bout = self.won.get(event.model_type)
        if bout is None or bout.candidate.version != event.to_version:
            return []
        del self.won[event.model_type]
        self.epochs[event.model_type] = event.epoch
        self.bouts.insert(0, bout)
        return [self._restart(bout, f"move refused: epoch is {event.epoch}")]

    def _restart(self, bout: Bout, why: str) -> Decision:
        """The comparator is another one now, so the evidence begins anew at this entry."""
        shadow = bout.trial and bout.trial.result(self.intake.clock, self._policy)
        ruling = Ruling(ABORTED, f"{why}: the trial starts again")
        decision = self._record(bout, ruling, SHADOW_RULE, shadow or None)
        bout.trial = None
        if len(self.open) < self._policy.max_concurrent_shadows:
            self._begin(bout)  # else its place was given away, and it waits first in line
        return decision

    def _record(self, bout: Bout, ruling: Ruling, rule: str, shadow: ShadowTestResult | None) -> Decision:
        candidate = bout.candidate
        pairs = shadow.live_predictions if shadow else 0
        effective = shadow.effective_outcomes if shadow else 0
        decision = self.head.chain(
            Decision(
                role=ROLE,
                kind=ruling.result,
                at=self.intake.clock,
                model_type=candidate.model_type.value,
                version=candidate.version,
                reason=ruling.reason,
                statistic=_finite(ruling.statistic),
                limit=_finite(ruling.limit),
                counts={"pairs": pairs, "effective": effective, "unscored": bout.unscored},
                evidence={
                    "active": self.active.get(candidate.model_type.value, NAIVE),
                    "epoch": self.epochs.get(candidate.model_type.value, 0),
                    "evaluation": dict(candidate.evaluation),
                    "shadow": shadow_fields(shadow) if shadow else None,
                    "sha256": candidate.sha256,
                },
                policy=self._policy.name,
                rule=rule,
                cause=candidate.run,
            )
        )
        self.head = self.head.after(decision)
        return decision

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "v": STATE_VERSION,
            "intake": self.intake.state(),
            "join": self.join.state(),
            "regimes": self.regimes.state(),
            "active": self.active,
            "epochs": self.epochs,
            "served": sorted(self.served),
            "bouts": [bout.state() for bout in self.bouts],
            "won": {name: bout.state() for name, bout in self.won.items()},
            "head": [self.head.n, self.head.hash],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.intake.restore(state["intake"])
        self.join.restore(state["join"])
        self.regimes.restore(state["regimes"])
        self.active, self.served = dict(state["active"]), set(state["served"])
        self.epochs = dict(state["epochs"])
        self.bouts = [Bout.restored(each) for each in state["bouts"]]
        self.won = {name: Bout.restored(each) for name, each in state["won"].items()}
        self.head = Head(*state["head"])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
