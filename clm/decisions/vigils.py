"""Vigils: who is on probation, beside whom, and how that ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from clm.decisions.bout import Bout
from clm.decisions.bundles import Bundles
from clm.decisions.candidate import Candidate
from clm.decisions.join import Pair
from clm.decisions.lessons import probation
from clm.decisions.routes import Routes
from clm.decisions.scorer import Scorer, forecast
from clm.decisions.trials import rows_of
from clm.events import DAY, Moved, Prediction
from clm.model import NAIVE
from clm.policy import Policy
from clm.scope import Scope

if TYPE_CHECKING:  # its statistics are compiled, so not before they are needed
    from clm.decisions.vigil import Vigil


class Vigils:
    """The probations of a scope, one per model type at most; none under the specification's rules."""

    def __init__(self, scope: Scope, policy: Policy, score: Scorer) -> None:
        self.open: dict[str, Vigil] = {}  # by model type
        self.bundles = Bundles()
        self._scope, self._policy, self._score = scope, policy, score

    @property
    def watched(self) -> set[tuple[str, str]]:
        """Model type and version of those whose predictions are met."""
        return {(each.name, each.version) for each in self.open.values()}

    def heard(self, candidate: Candidate, routes: Routes) -> None:
        """Remember a candidate's bundle, for the day it is replaced; and that of what is active now."""
        name = candidate.model_type.value
        self.bundles.learn(name, candidate.version, candidate.sha256, {routes.active(name)})

    def moved(self, event: Moved, winner: Bout | None, clock: int) -> None:
        """Another version is active: its predecessor's vigil is over, and its own begins if it won a trial.

        Parameters:
            winner: who was promoted by its verdict; None for a person's move or a rollback.
            clock: event clock, µs.
        """
        name, before = event.model_type, event.from_version
        self.open.pop(name, None)
        sha256 = "" if before == NAIVE else self.bundles.of(name, before)
        policy = self._policy
        if winner is None or sha256 is None or not (policy.sequential and policy.probation_days > 0):
            return
        self.open[name] = self._begun(winner, before, sha256, clock)

    def _begun(self, winner: Bout, before: str, sha256: str, clock: int) -> Vigil:
        from clm.decisions.vigil import LEAST_ROWS, Vigil

        days, trial = self._policy.probation_days, winner.trial
        rows, _ = rows_of(winner.candidate, self._scope, days)
        known = trial.errors if trial is not None and trial.active == before else None
        made = probation(winner.candidate, before, self._scope, max(LEAST_ROWS, rows), known)
        until = clock + round(days * DAY)
        name, version = winner.name, winner.candidate.version
        return Vigil(name, version, before, sha256, winner.verdict, until, made)

    def predicted(self, event: Prediction, regime: str) -> Iterator[tuple[Vigil, str]]:
        """Score the replaced version beside a prediction; the vigil that it can serve no longer, and why."""
        vigil = self.open.get(event.model_type)
        if vigil is None or not vigil.meets(event):
            return
        value, fault = (event.naive, "") if vigil.naive else forecast(self._score, vigil.sha256, event)
        if fault:
            yield self.open.pop(vigil.name), fault
        else:
            vigil.said.keep(event, value, regime)

    def matured(self, pair: Pair, clock: int) -> Iterator[Vigil]:
        """Fold a pair; the vigil that it ends."""
        vigil = self.open.get(pair.prediction.model_type)
        if vigil is not None and vigil.matured(pair):
            yield from self.over([vigil], clock)

    def over(self, vigils: Iterable[Vigil], clock: int) -> Iterator[Vigil]:
        """Those that have ended at an event clock (µs); they are not open any more."""
        for vigil in list(vigils):
            if vigil.ended(clock):
                yield self.open.pop(vigil.name)

    def state(self) -> dict[str, Any]:
        """As msgpack can carry it."""
        return {"open": [vigil.state() for vigil in self.open.values()], "bundles": self.bundles.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.bundles.restore(state["bundles"])
        self.open = {}
        if state["open"]:
            from clm.decisions.vigil import Vigil

            restored = [Vigil.restored(each) for each in state["open"]]
            self.open = {each.name: each for each in restored}
