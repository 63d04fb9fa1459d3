"""The watcher's fold: events in, decisions of role ``watcher`` out. Pure; time enters only as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from clm.decisions import orders
from clm.decisions.block import Block
from clm.decisions.flow import Stop
from clm.decisions.health import Health
from clm.decisions.intake import Intake
from clm.decisions.join import Join
from clm.decisions.lookout import Lookout
from clm.decisions.memory import Memory
from clm.decisions.names import Names
from clm.decisions.orders import Finding, Orders
from clm.decisions.regimes import Regimes
from clm.decisions.triggers import Observation, Weighed
from clm.decisions.weighing import weigh
from clm.errors import MalformedEvent
from clm.events import Command, Event, Moved, Outcome, Prediction, Regime, Run, Tick, Verdict
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy
from clm.records import Decision, Head
from clm.scope import Scope

ROLE = orders.ROLE
STATE_VERSION = 7
RECALL = "recall"
"""Kind of the decision that asks a version back."""
RANKS = {trigger: rank for rank, trigger in enumerate(RetrainTrigger)}
"""The triggers' priority: the first wins."""


class WatcherFold:
    """Folds a scope's events into health and trigger memory, and says when a retrain is due.

    Parameters:
        lookout: how runs are told of: ``DryLookout`` where none is carried out.

    >>> from clm.events import Command
    >>> fold = WatcherFold(Scope(), Policy())
    >>> due = fold.apply(Command(p="ops", n=0, at=0, action="retrain", models=("xgboost",)))
    >>> [(each.id, each.kind, each.trigger) for each in due]
    [('watcher-1', 'retrain', 'manual')]
    """

    version: ClassVar[int] = STATE_VERSION

    def __init__(self, scope: Scope, policy: Policy, lookout: type[Lookout] = Lookout) -> None:
        self._policy = policy
        self._lookout = lookout(scope, policy)
        self.orders = Orders(policy)

    @property
    def names(self) -> Names:
        """The numbers of producers and keys in this fold's rows."""
        return self._lookout.flow.names

    @property
    def intake(self) -> Intake:
        """Who was heard, and the event clock."""
        return self._lookout.flow.intake

    @property
    def join(self) -> Join:
        """What waits for its outcome."""
        return self._lookout.flow.join

    @property
    def health(self) -> Health:
        """How the versions do."""
        return self._lookout.health

    @property
    def regimes(self) -> Regimes:
        """The scope's regime and its changes."""
        return self._lookout.regimes

    @property
    def memory(self) -> dict[ModelType, Memory]:
        """The trigger memory of each model type."""
        return self._lookout.memory

    def apply(self, event: Event) -> list[Decision]:
        """The decisions that one event brings, chained to the role's last.

        Raises:
            MalformedEvent: the event is impossible here; it changed nothing but the intake.
        """
        if isinstance(event, Prediction | Outcome):
            return self._due(self._lookout.flow.one(event))
        if not self.intake.accept(event):
            return []
        match event:
            case Regime() if event.symbol is None:
                self._lookout.regime(self.regimes.observe(event.at, event.regime, event.confidence))
                return self._decide(self.memory)
            case Tick():
                self._lookout.regime(self.regimes.passed(event.at, self.join.predictions))
                return self._decide(self.memory, on_tick=True)
            case Command():
                return self._command(event)
            case Run() | Verdict() | Moved():
                self._lookout.progressed(event)
        return []

    def fold(self, block: Block) -> list[Decision]:
        """The decisions that a block brings, as if its events were applied one after the other."""
        return self._lookout.flow.through(block, self._due, self.apply)

    def _due(self, stops: Iterator[Stop]) -> list[Decision]:
        models, made = list(self.memory), list[Decision]()
        for stop in stops:
            model_type = models[stop.model]
            self._lookout.raised(model_type)
            seen = self.observe(model_type)
            weighed = weigh(seen, self._policy)
            decision = self._record(Finding(seen, weighed, None)) if weighed else None
            if decision is None or decision.kind not in ("retrain", RECALL):
                self._lookout.mute(model_type, weighed.found if weighed else ())
            if decision is not None:
                made.append(decision)
        return made

    def observe(
        self, model_type: ModelType, *, on_tick: bool = False, command: str | None = None
    ) -> Observation:
        """What the triggers of a model type see now."""
        return self._lookout.observe(model_type, on_tick=on_tick, command=command)

    def due(self, model_type: ModelType) -> RetrainTrigger | None:
        """The trigger that would start a run if a tick came now, or None."""
        weighed = weigh(self.observe(model_type, on_tick=True), self._policy)
        return weighed.found[0].trigger if weighed and weighed.kind == "retrain" else None

    def _command(self, event: Command) -> list[Decision]:
        if event.action != "retrain":
            raise MalformedEvent(f"command {event.action!r} is unknown; the watcher knows 'retrain'")
        wanted = [ModelType(name) for name in event.models] or list(self.memory)
        missing = [each.value for each in wanted if each not in self.memory]
        if missing:
            raise MalformedEvent(f"retrain of {missing}: not among the policy's models")
        return self._decide(wanted, command=event)

    def _decide(
        self, models: Iterable[ModelType], *, on_tick: bool = False, command: Command | None = None
    ) -> list[Decision]:
        name = f"{command.p}-{command.n}" if command else None

        def found(model_type: ModelType) -> tuple[Observation, Weighed | None]:
            seen = self.observe(model_type, on_tick=on_tick, command=name)
            return seen, weigh(seen, self._policy)

        first = {each: found(each) for each in models}
        decisions = list[Decision]()
        for model_type in self._ordered({each: weighed for each, (_, weighed) in first.items()}):
            # again once something was decided, for that counts
            seen, weighed = found(model_type) if decisions else first[model_type]
            decision = self._record(Finding(seen, weighed, command)) if weighed else None
            if decision is not None:
                decisions.append(decision)
        return decisions

    def _ordered(self, due: dict[ModelType, Weighed | None]) -> list[ModelType]:
        """The model types about which there is something to say; the most urgent first gets the budget."""
        said = {each: weighed for each, weighed in due.items() if weighed is not None}
        if not self._policy.sequential:
            return list(said)
        return sorted(said, key=lambda each: RANKS[said[each].found[0].trigger])

    def _record(self, finding: Finding) -> Decision | None:
        seen, weighed = finding.seen, finding.weighed
        if weighed.kind == RECALL:
            decision = self.orders.record(finding)
            self._lookout.asked_back(seen.model_type, decision.id, weighed.version)
            return decision
        if weighed.kind == "retrain":
            decision = self.orders.record(finding, self.regimes.changes)
            self._lookout.opened(seen.model_type, decision.id, seen)
            return decision
        memory = self.memory[seen.model_type]
        note = f"{weighed.found[0].trigger.value}: {weighed.reason}"
        known = note in memory.noted
        if known and finding.command is None:
            return None
        if not known:
            memory.noted.append(note)
        return self.orders.record(finding)

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        head = [self.orders.head.n, self.orders.head.hash]
        return {"v": STATE_VERSION, **self._lookout.state(), "head": head}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self._lookout.restore(state)
        self.orders.head = Head(*state["head"])
