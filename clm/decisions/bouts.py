"""Bouts: the candidates of a scope on their way from announcement to verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from clm.decisions.bout import Bout
from clm.decisions.candidate import Candidate
from clm.decisions.join import Pair
from clm.decisions.promotion import PROMOTE, REJECT, UNDECIDED, Ruling, conclude, gate
from clm.decisions.regimes import Regimes
from clm.decisions.ring import Ring
from clm.decisions.routes import Routes
from clm.decisions.scorer import Scorer, forecast, multiple_of
from clm.decisions.trials import Trials
from clm.decisions.verdicts import Verdicts
from clm.events import Moved, Prediction, Refused
from clm.policy import Policy
from clm.records import Decision

ABORTED, RESTARTED = "aborted", "restarted"
"""A trial ended without a verdict on its candidate; or it began anew, and the candidate stays in shadow."""


@dataclass(frozen=True)
class World:
    """What the shadow knows beside its bouts; each part is folded elsewhere."""

    policy: Policy
    score: Scorer
    routes: Routes
    regimes: Regimes
    verdicts: Verdicts
    clock: Callable[[], int]  # event clock, µs


class Bouts:
    """Lets candidates in, scores them, and says how each ends."""

    def __init__(self, world: World, trials: Trials) -> None:
        places, multiple = world.policy.max_concurrent_shadows, multiple_of(world.score)
        self.trials, self.ring = trials, Ring(places, trials, multiple)
        self.routes, self.verdicts = world.routes, world.verdicts
        self._policy, self._score = world.policy, world.score
        self._regimes, self._clock = world.regimes, world.clock

    @property
    def watched(self) -> set[tuple[str, str]]:
        """Model type and version of those that a trial is beside."""
        return {(bout.name, bout.trial.active) for bout in self.ring.open if bout.trial}

    def challenge(self, candidate: Candidate) -> None:
        """Put a candidate in line for a trial; it begins now if there is a free place."""
        self.ring.bouts.append(Bout(candidate))
        self.ring.fill(self.routes, self._clock())

    def announced(self, candidate: Candidate, *, recalled: bool = False) -> list[Decision]:
        """The gate's ruling where it is one; else the candidate goes in line.

        Parameters:
            recalled: it was asked back, so that its hold-out is long past: only the shadow can tell.
        """
        if recalled:
            self.challenge(candidate)
            return []
        self.trials.enter(candidate)
        ruling = self._gate(candidate)
        if ruling.result != UNDECIDED:
            return self._end(Bout(candidate), ruling)
        self.challenge(candidate)
        return []

    def _gate(self, candidate: Candidate) -> Ruling:
        return gate(candidate.judged(), self._policy, first=self.routes.first(candidate.model_type.value))

    def predicted(self, event: Prediction) -> list[Decision]:
        """Score the candidates beside a prediction of the active version."""
        met = [bout for bout in self.ring.open if bout.meets(event)]
        return [decision for bout in met for decision in self._scored(bout, event)]

    def _scored(self, bout: Bout, event: Prediction) -> list[Decision]:
        assert bout.trial is not None  # it met the event
        fights = [(bout.candidate.sha256, bout.said), (bout.trial.evaluated, bout.beside)]
        for sha256, said in fights if bout.trial.evaluated else fights[:1]:
            value, fault = forecast(self._score, sha256, event)
            if fault:
                return self._end(bout, Ruling(REJECT, f"critical: {fault}"))
            said.keep(event, value, self._regimes.current or "")
        return []

    def matured(self, pair: Pair) -> list[Decision]:
        """Fold a pair into the trials that it belongs to, and end those that know enough."""
        return self.weigh([bout for bout in self.ring.open if bout.matured(pair)])

    def weigh(self, bouts: Iterable[Bout]) -> list[Decision]:
        """End those bouts that know enough by now."""
        ended = []
        for bout in bouts:
            if bout.trial is None or not bout.trial.complete(self._clock(), self._policy):
                continue
            shadow = bout.trial.result(self._clock(), self._policy)
            ruling = conclude(bout.candidate.judged(), shadow, self._policy)
            if ruling.result != UNDECIDED:
                ended += self._end(bout, ruling)
        return ended

    def moved(self, event: Moved) -> list[Decision]:
        """Another version is active: its own trial is over, the others begin anew against it."""
        name, to_version = event.model_type, event.to_version
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
        self.ring.fill(self.routes, self._clock())
        return decisions

    def refused(self, event: Refused) -> list[Decision]:
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
            self.ring.begin(bout, self.routes, self._clock())
        return decision

    def _end(self, bout: Bout, ruling: Ruling) -> list[Decision]:
        self.ring.leave(bout)
        self.trials.leave(bout.candidate)
        decision = self._record(bout, ruling)
        if ruling.result == PROMOTE:
            bout.verdict = decision.id
            self.ring.won[bout.name] = bout
        self.ring.fill(self.routes, self._clock())
        return [decision]

    def _record(self, bout: Bout, ruling: Ruling) -> Decision:
        clock = self._clock()
        shadow = bout.trial.result(clock, self._policy) if bout.trial else None
        return self.verdicts.record(bout, ruling, self.routes, clock, shadow)
