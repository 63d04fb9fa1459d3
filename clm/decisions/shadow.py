"""The shadow's fold: candidates and live events in, verdicts of role ``shadow`` out. Pure.

A candidate's forecasts come through the scorer, from rows and bundles that never change; so the fold
gives the same verdicts whenever it is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from clm.decisions import verdicts
from clm.decisions.block import Block
from clm.decisions.bout import Bout
from clm.decisions.candidate import Candidate
from clm.decisions.flow import Flow, Stop
from clm.decisions.intake import Intake
from clm.decisions.join import Join, Pair
from clm.decisions.names import Key, Names
from clm.decisions.promotion import PROMOTE, REJECT, UNDECIDED, Ruling, conclude, gate
from clm.decisions.regimes import Regimes
from clm.decisions.ring import Ring
from clm.decisions.routes import Routes
from clm.decisions.scorer import Scorer as Scorer  # noqa: PLC0414 - the ports name it from here
from clm.decisions.scorer import forecast
from clm.decisions.trials import Trials
from clm.errors import MalformedEvent
from clm.events import Event, Moved, Outcome, Prediction, Refused, Regime, Run, Tick
from clm.policy import Policy
from clm.records import Decision, Head
from clm.scope import Scope

ROLE = verdicts.ROLE
ABORTED, RESTARTED = "aborted", "restarted"
"""A trial ended without a verdict on its candidate; or it began anew, and the candidate stays in shadow."""

STATE_VERSION = 4


class ShadowFold:
    """Folds a scope's events into trials, and says how each ends."""

    version: ClassVar[int] = STATE_VERSION

    def __init__(self, scope: Scope, policy: Policy, score: Scorer) -> None:
        self.regimes = Regimes()
        self.routes, self.trials = Routes(), Trials(scope, policy)
        self.ring = Ring(policy.max_concurrent_shadows, self.trials)
        self.verdicts = verdicts.Verdicts(policy)
        self._policy, self._score = policy, score
        self._flow = Flow(scope, self._describe)
        self._watched = frozenset[tuple[str, str]]()

    @property
    def names(self) -> Names:
        """The numbers of producers and keys in this fold's rows."""
        return self._flow.names

    @property
    def intake(self) -> Intake:
        """Who was heard, and the event clock."""
        return self._flow.intake

    @property
    def join(self) -> Join:
        """What waits for its outcome."""
        return self._flow.join

    def apply(self, event: Event) -> list[Decision]:
        """The verdicts that one event brings, chained to the role's last.

        Raises:
            MalformedEvent: the event is impossible here; it changed nothing but the intake.
            UnreachableServer, RefusedByServer, MissingLibrary: nothing can be scored here and now; restore
                a saved state, then try again.
        """
        if isinstance(event, Prediction | Outcome):
            return self._seen(self._flow.one(event))
        if not self.intake.accept(event):
            return []
        made: list[Decision] = []
        match event:
            case Regime() if event.symbol is None:
                self.regimes.observe(event.at, event.regime)
            case Tick():
                made = self._weigh(self.ring.open)
            case Run(phase="candidate"):
                made = self._announced(Candidate.announced(event))
            case Moved():
                made = self._moved(event)
            case Refused():
                made = self._refused(event)
        self._watch()
        return made

    def fold(self, block: Block) -> list[Decision]:
        """The verdicts that a block brings, as if its events were applied one after the other."""
        made = list[Decision]()
        at = 0
        for single in block.singles:
            made += self._seen(self._flow.many(block, at, single.position))
            at = single.position
            try:
                made += self.apply(single.event)
            except MalformedEvent as error:
                block.refuse(single.entry, single.row, str(error))
        made += self._seen(self._flow.many(block, at, len(block.rows)))
        self._flow.tidy()
        return made

    def _seen(self, stops: Iterator[Stop]) -> list[Decision]:
        made = list[Decision]()
        for stop in stops:
            if stop.predicted is not None:
                made += self._predicted(stop.predicted)
            elif stop.matured is not None:
                made += self._matured(stop.matured)
            self._watch()
        return made

    def _describe(self, key: Key) -> tuple[int, int, bool]:
        return -1, 0, (key.model_type, key.version) in self._watched

    def _watch(self) -> None:
        """Let the flow stop at the events of those versions that a trial is beside, and of no others."""
        watched = frozenset((bout.name, bout.trial.active) for bout in self.ring.open if bout.trial)
        if watched != self._watched:
            self._watched = watched
            self._flow.describe_again()

    @property
    def open(self) -> list[Bout]:
        """The bouts that are being scored."""
        return self.ring.open

    def challenge(self, candidate: Candidate) -> None:
        """Put a candidate in line for a trial; it begins now if there is a free place."""
        self.ring.bouts.append(Bout(candidate))
        self.ring.fill(self.routes, self.intake.clock)
        self._watch()

    def _announced(self, candidate: Candidate) -> list[Decision]:
        ruling = self._gate(candidate)
        if ruling.result != UNDECIDED:
            return self._end(Bout(candidate), ruling)
        self.challenge(candidate)
        return []

    def _gate(self, candidate: Candidate) -> Ruling:
        return gate(candidate.judged(), self._policy, first=self.routes.first(candidate.model_type.value))

    def _predicted(self, event: Prediction) -> list[Decision]:
        met = [bout for bout in self.ring.open if bout.meets(event)]
        return [decision for bout in met for decision in self._scored(bout, event)]

    def _scored(self, bout: Bout, event: Prediction) -> list[Decision]:
        value, fault = forecast(self._score, bout.candidate.sha256, event)
        if fault:
            return self._end(bout, Ruling(REJECT, f"critical: {fault}"))
        bout.forecast(event, value, self.regimes.current or "")
        return []

    def _matured(self, pair: Pair) -> list[Decision]:
        return self._weigh([bout for bout in self.ring.open if bout.matured(pair)])

    def _weigh(self, bouts: Iterable[Bout]) -> list[Decision]:
        ended = []
        for bout in bouts:
            if bout.trial is None or not bout.trial.complete(self.intake.clock, self._policy):
                continue
            shadow = bout.trial.result(self.intake.clock, self._policy)
            ruling = conclude(bout.candidate.judged(), shadow, self._policy)
            if ruling.result != UNDECIDED:
                ended += self._end(bout, ruling)
        return ended

    def _moved(self, event: Moved) -> list[Decision]:
        name, to_version = event.model_type, event.to_version
        self.routes.moved(event)
        if event.change is not None:
            return []  # frozen, pinned or a canary's step: the comparator is the same
        winner, why = self.ring.won.pop(name, None), f"{name} moved to {to_version}"
        lost = winner is not None and winner.candidate.version != to_version
        if winner and not lost:
            self.trials.won(winner.trial)
        decisions = self._again(winner, why) if winner and lost else []
        for bout in [each for each in self.ring.bouts if each.name == name and each is not winner]:
            if bout.candidate.version == to_version:
                reason = f"promoted by {event.actor} before the shadow ended"
                decisions += self._end(bout, Ruling(ABORTED, reason))
            elif bout.trial is not None:
                decisions.append(self._restart(bout, why))
        self.ring.fill(self.routes, self.intake.clock)
        return decisions

    def _refused(self, event: Refused) -> list[Decision]:
        """A stale epoch is a lost race; the epoch that the verdict saw means that automation may not move."""
        bout = self.ring.won.get(event.model_type)
        if bout is None or (bout.verdict, bout.candidate.version) != (event.cause, event.to_version):
            return []
        del self.ring.won[bout.name]
        if event.epoch == self.routes.epoch(bout.name):
            reason = f"move refused: {bout.name} is frozen or {event.to_version} locked out: move it by hand"
            return self._end(bout, Ruling(ABORTED, reason))
        self.routes.refused(event)
        return self._again(bout, f"move refused: epoch is {event.epoch}")

    def _again(self, bout: Bout, why: str) -> list[Decision]:
        """A winner that lost the race to its move is judged anew at this entry, first in line."""
        if bout.trial is None and self._policy.shadow_test_hours == 0:
            ruling = self._gate(bout.candidate)  # there is no shadow, so the evaluation rules again
            return self._end(bout, replace(ruling, reason=f"{why}: {ruling.reason}"))
        self.ring.bouts.insert(0, bout)
        return [self._restart(bout, why)]

    def _restart(self, bout: Bout, why: str) -> Decision:
        """The comparator is another one now, so the evidence begins anew at this entry."""
        ruling = Ruling(RESTARTED, f"{why}: the trial starts again")
        decision = self._record(bout, ruling)
        bout.trial, bout.verdict = None, ""
        if self.ring.free:  # else its place was given away, and it waits first in line
            self.ring.begin(bout, self.routes, self.intake.clock)
        return decision

    def _end(self, bout: Bout, ruling: Ruling) -> list[Decision]:
        self.ring.leave(bout)
        decision = self._record(bout, ruling)
        if ruling.result == PROMOTE:
            bout.verdict = decision.id
            self.ring.won[bout.name] = bout
        self.ring.fill(self.routes, self.intake.clock)
        return [decision]

    def _record(self, bout: Bout, ruling: Ruling) -> Decision:
        clock = self.intake.clock
        shadow = bout.trial.result(clock, self._policy) if bout.trial else None
        return self.verdicts.record(bout, ruling, self.routes, clock, shadow)

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "v": STATE_VERSION,
            **self._flow.state(),
            "regimes": self.regimes.state(),
            "routes": self.routes.state(),
            "ring": self.ring.state(),
            "trials": self.trials.state(),
            "head": [self.verdicts.head.n, self.verdicts.head.hash],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self._flow.restore(state)
        self.regimes.restore(state["regimes"])
        self.routes.restore(state["routes"])
        self.ring.restore(state["ring"])
        self.trials.restore(state["trials"])
        self.verdicts.head = Head(*state["head"])
        self._watch()
