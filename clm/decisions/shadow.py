"""The shadow's fold: candidates and live events in, verdicts of role ``shadow`` out. Pure.

A candidate's forecasts come through the scorer, from rows and bundles that never change; so the fold
gives the same verdicts whenever it is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from clm.decisions import verdicts
from clm.decisions.attention import Attention
from clm.decisions.block import Block
from clm.decisions.bout import Bout
from clm.decisions.bouts import ABORTED as ABORTED  # noqa: PLC0414 - a kind of this role's decisions
from clm.decisions.bouts import RESTARTED as RESTARTED  # noqa: PLC0414
from clm.decisions.bouts import Bouts, World
from clm.decisions.candidate import Candidate
from clm.decisions.flow import Stop
from clm.decisions.join import Pair
from clm.decisions.moves import ABORTED as ABORTED_CANARY
from clm.decisions.regimes import Regimes
from clm.decisions.ring import Ring
from clm.decisions.routes import Routes
from clm.decisions.scorer import Scorer as Scorer  # noqa: PLC0414 - the ports name it from here
from clm.decisions.trials import Trials
from clm.decisions.vigils import Vigils
from clm.events import Event, Moved, Outcome, Prediction, Refused, Regime, Run, Tick
from clm.policy import Policy
from clm.records import AUTOMATION, Decision, Head
from clm.scope import Scope

if TYPE_CHECKING:
    from clm.decisions.vigil import Vigil

ROLE = verdicts.ROLE
STATE_VERSION = 6


class ShadowFold:
    """Folds a scope's events into trials, and says how each ends."""

    version: ClassVar[int] = STATE_VERSION

    def __init__(self, scope: Scope, policy: Policy, score: Scorer) -> None:
        self._flow = Attention(scope)
        self.names, self.intake, self.join = self._flow.names, self._flow.intake, self._flow.join
        self.regimes = Regimes()
        self.routes, self.verdicts = Routes(), verdicts.Verdicts(policy)
        world = World(policy, score, self.routes, self.regimes, self.verdicts, lambda: self.intake.clock)
        self.bouts = Bouts(world, Trials(scope, policy))
        self.vigils = Vigils(scope, policy, score)

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
                made = self._passes()
            case Run(phase="candidate"):
                made = self._announced(Candidate.announced(event), recalled=event.recalled is not None)
            case Moved():
                made = self._moved(event)
            case Refused():
                made = self.bouts.refused(event)
        self._watch()
        return made

    def fold(self, block: Block) -> list[Decision]:
        """The verdicts that a block brings, as if its events were applied one after the other."""
        return self._flow.through(block, self._seen, self.apply)

    def _seen(self, stops: Iterator[Stop]) -> list[Decision]:
        made = list[Decision]()
        for stop in stops:
            if stop.predicted is not None:
                made += self._predicted(stop.predicted)
            elif stop.matured is not None:
                made += self._matured(stop.matured)
            self._watch()
        return made

    def _watch(self) -> None:
        """Let the flow stop at the events of those versions that another is scored beside."""
        self._flow.watch(self.bouts.watched | self.vigils.watched)

    @property
    def ring(self) -> Ring:
        """Who is in trial, who waits, and who has won."""
        return self.bouts.ring

    @property
    def trials(self) -> Trials:
        """What opens trials."""
        return self.bouts.trials

    @property
    def open(self) -> list[Bout]:
        """The bouts that are being scored."""
        return self.ring.open

    def challenge(self, candidate: Candidate) -> None:
        """Put a candidate that is past its gate in line for a trial; it begins now if a place is free."""
        self.bouts.trials.enter(candidate)
        self.bouts.challenge(candidate)
        self._watch()

    def _announced(self, candidate: Candidate, *, recalled: bool) -> list[Decision]:
        self.vigils.heard(candidate, self.routes)
        return self.bouts.announced(candidate, recalled=recalled)

    def _predicted(self, event: Prediction) -> list[Decision]:
        made, regime = self.bouts.predicted(event), self.regimes.current or ""
        for vigil, fault in self.vigils.predicted(event, regime):
            made.append(self._watched_out(vigil, fault))
        return made

    def _matured(self, pair: Pair) -> list[Decision]:
        made = self.bouts.matured(pair)
        return made + [self._watched_out(each) for each in self.vigils.matured(pair, self.intake.clock)]

    def _passes(self) -> list[Decision]:
        """What time alone ends."""
        made, vigils = self.bouts.weigh(self.ring.open), self.vigils.open.values()
        return made + [self._watched_out(each) for each in self.vigils.over(vigils, self.intake.clock)]

    def _moved(self, event: Moved) -> list[Decision]:
        self.routes.moved(event)
        winner = self.ring.won.get(event.model_type)
        if event.change is not None:  # frozen, pinned or a canary's step: the comparator is the same
            if winner is not None and event.change == ABORTED_CANARY:
                self.ring.won.pop(event.model_type)
            return []
        made = self.bouts.moved(event)
        self.vigils.moved(event, winner if _promoted(winner, event) else None, self.intake.clock)
        return made

    def _watched_out(self, vigil: Vigil, fault: str = "") -> Decision:
        return self.verdicts.released(vigil, self.routes, self.intake.clock, fault)

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "v": STATE_VERSION,
            **self._flow.state(),
            "regimes": self.regimes.state(),
            "routes": self.routes.state(),
            "ring": self.ring.state(),
            "trials": self.trials.state(),
            "vigils": self.vigils.state(),
            "head": [self.verdicts.head.n, self.verdicts.head.hash],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self._flow.restore(state)
        self.regimes.restore(state["regimes"])
        self.routes.restore(state["routes"])
        self.ring.restore(state["ring"])
        self.trials.restore(state["trials"])
        self.vigils.restore(state["vigils"])
        self.verdicts.head = Head(*state["head"])
        self._watch()


def _promoted(winner: Bout | None, event: Moved) -> bool:
    """Whether a move is what a winner's verdict asked for, and no person's nor another version's."""
    if winner is None or winner.candidate.version != event.to_version:
        return False
    return winner.verdict == event.cause or event.actor == AUTOMATION
