"""The rollout's fold: a canary's live events in, its next step out: more keys, all of them, or none. Pure.

Forecasts of the version that was not published come through the scorer, as in the shadow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from clm.decisions.attention import Attention
from clm.decisions.block import Block
from clm.decisions.bundles import Bundles
from clm.decisions.flow import Stop
from clm.decisions.lessons import Lessons, probation
from clm.decisions.moves import ABORTED, CANARY
from clm.decisions.routes import Routes
from clm.decisions.ruling import PROMOTE, Ruling
from clm.decisions.scorer import Scorer, forecast
from clm.decisions.stage import ABORT, ENDLESS, LEVEL, PASS, RULE, WATCHED, Stage
from clm.events import Event, Moved, Outcome, Prediction, Refused, Run, Tick, Verdict
from clm.model import NAIVE
from clm.policy import STAGED, Policy
from clm.records import REGISTRY, Decision, Head
from clm.scope import Scope

ROLE = "rollout"
STEP, COMPLETE, END = "step", "complete", "abort"
"""Kinds of decisions: a larger share, all keys, no key."""

KINDS = {0.0: END, 1.0: COMPLETE}
"""By the share that follows, where it is not one between."""

STATE_VERSION = 2


class RolloutFold:
    """Folds a scope's events into stages, and says how each ends."""

    version: ClassVar[int] = STATE_VERSION

    def __init__(self, scope: Scope, policy: Policy, score: Scorer) -> None:
        self.routes, self.head = Routes(), Head()
        self.stages: dict[str, Stage] = {}  # by model type
        self.bundles, self._lessons = Bundles(), Lessons()
        self._scope, self._policy, self._score = scope, policy, score
        self._flow = Attention(scope)
        self.names, self.intake = self._flow.names, self._flow.intake

    def apply(self, event: Event) -> list[Decision]:
        """The decisions that one event brings, chained to the role's last.

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
            case Tick():
                made = self._weigh(list(self.stages.values()))
            case Run(phase="candidate", version=str(version), sha256=str(sha256)):
                self._learn(event.model_type, version, sha256)
                self._lessons.heard(event)
            case Verdict() if event.result != PROMOTE:
                self._lessons.forget(event.model_type, event.version)
            case Moved():
                self._moved(event)
            case Refused():
                self._refused(event)
        self._watch()
        return made

    def fold(self, block: Block) -> list[Decision]:
        """The decisions that a block brings, as if its events were applied one after the other."""
        return self._flow.through(block, self._seen, self.apply)

    def _seen(self, stops: Iterator[Stop]) -> list[Decision]:
        made = list[Decision]()
        for stop in stops:
            if stop.predicted is not None:
                made += self._predicted(stop.predicted)
            elif stop.matured is not None:
                stage = self.stages.get(stop.matured.prediction.model_type)
                if stage is not None:
                    stage.matured(stop.matured)
                    made += self._weigh([stage])
        return made

    def _watch(self) -> None:
        """Let the flow stop at the events of both versions of each stage, and of no others."""
        stages = self.stages.values()
        self._flow.watch((each.model_type, name) for each in stages for name in (each.canary, each.active))

    def _learn(self, name: str, version: str, sha256: str) -> None:
        in_use = {self.routes.active(name), *(each.canary for each in self.stages.values())}
        self.bundles.learn(name, version, sha256, in_use)

    def _moved(self, event: Moved) -> None:
        """A canary's step begins a stage; whatever else happens to the route, its evidence stays."""
        self.routes.moved(event)
        name = event.model_type
        if event.change is None or event.change == ABORTED:
            self.stages.pop(name, None)
            self._lessons.forget(name, event.to_version)
        elif event.change == CANARY and event.canary is not None:
            self.stages[name] = self._begun(name, event, event.canary)
        elif name in self.stages:
            self.stages[name].said, self.stages[name].held = "", False

    def _begun(self, name: str, event: Moved, canary: str) -> Stage:
        """The stage of a canary's step; it knows what the one before it or the hold-out has taught."""
        share, clock, cause = event.share or 0.0, self.intake.clock, f"{REGISTRY}-{event.n}"
        before = self.stages.get(name)
        if before is not None and (before.canary, before.active) == (canary, event.to_version):
            return before.next(share, clock, cause)
        known = self._lessons.of(name, canary)
        watched = probation(known, event.to_version, self._scope, ENDLESS, level=WATCHED)
        return Stage(name, canary, event.to_version, share, clock, cause, watched)

    def _refused(self, event: Refused) -> None:
        """A lost race is tried again with the newest epoch; a closed route waits until it is opened."""
        stage = self.stages.get(event.model_type)
        if stage is None or not stage.said or stage.said != event.cause:
            return
        stage.said = ""
        stage.held = event.epoch == self.routes.epoch(event.model_type)
        self.routes.refused(event)

    def _predicted(self, event: Prediction) -> list[Decision]:
        stage = self.stages.get(event.model_type)
        other = stage.other(event) if stage else ""
        if stage is None or not other:
            return []
        if other == NAIVE:
            stage.beside.keep(event, event.naive, "")
            return []
        sha256 = self.bundles.of(event.model_type, other)
        value, fault = forecast(self._score, sha256, event) if sha256 else (None, "")
        if fault and other == stage.canary and not stage.said:
            return [self._record(stage, Ruling(ABORT, f"critical: {fault}"))]
        stage.beside.keep(event, value, "")
        return []

    def _weigh(self, stages: Iterable[Stage]) -> list[Decision]:
        clock, policy = self.intake.clock, self._policy
        due = [s for s in stages if not s.said and not s.held and s.complete(clock, policy)]
        return [self._record(stage, stage.ruling()) for stage in due]

    def _record(self, stage: Stage, ruling: Ruling) -> Decision:
        share = self._policy.next_share(stage.share) if ruling.result == PASS else 0.0
        kind = KINDS.get(share, STEP)
        decision = self.head.chain(
            Decision(
                role=ROLE,
                kind=kind,
                at=self.intake.clock,
                model_type=stage.model_type,
                version=stage.canary,
                reason=ruling.reason,
                statistic=None if math.isnan(ruling.statistic) else ruling.statistic,
                limit=None if math.isnan(ruling.limit) else ruling.limit,
                level=LEVEL,
                counts={
                    "pairs": stage.pairs,
                    "effective": stage.effective,
                    "unscored": stage.beside.unscored,
                },
                evidence={
                    "epoch": self.routes.epoch(stage.model_type),
                    "to": share,
                    **stage.receipt(),
                    "thresholds": self._policy.told(STAGED),
                },
                policy=self._policy.name,
                rule=RULE,
                cause=stage.cause,
            )
        )
        self.head = self.head.after(decision)
        stage.said = decision.id
        return decision

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "v": STATE_VERSION,
            **self._flow.state(),
            "routes": self.routes.state(),
            "stages": [stage.state() for stage in self.stages.values()],
            "bundles": self.bundles.state(),
            "lessons": self._lessons.state(),
            "head": [self.head.n, self.head.hash],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self._flow.restore(state)
        self.routes.restore(state["routes"])
        restored = [Stage.restored(each) for each in state["stages"]]
        self.stages = {each.model_type: each for each in restored}
        self.bundles.restore(state["bundles"])
        self._lessons.restore(state["lessons"])
        self.head = Head(*state["head"])
        self._watch()
