"""The watcher's fold: events in, decisions of role ``watcher`` out. Pure; time enters only as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from clm.decisions import orders
from clm.decisions.aim import BITS, aim
from clm.decisions.block import Block
from clm.decisions.candidate import Candidate
from clm.decisions.flow import Flow, Stop
from clm.decisions.health import Health
from clm.decisions.intake import Intake
from clm.decisions.join import Join
from clm.decisions.layout import ABSENT
from clm.decisions.memory import Memory
from clm.decisions.names import Key, Names
from clm.decisions.orders import Finding, Orders
from clm.decisions.regimes import Regimes
from clm.decisions.triggers import Observation, fired, held_back
from clm.errors import MalformedEvent
from clm.events import Command, Event, Moved, Outcome, Prediction, Regime, Run, Tick, Verdict
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy
from clm.records import Decision, Head
from clm.scope import Scope

ROLE = orders.ROLE
STATE_VERSION = 3


class WatcherFold:
    """Folds a scope's events into health and trigger memory, and says when a retrain is due.

    >>> from clm.events import Command
    >>> fold = WatcherFold(Scope(), Policy())
    >>> due = fold.apply(Command(p="ops", n=0, at=0, action="retrain", models=("xgboost",)))
    >>> [(each.id, each.kind, each.trigger) for each in due]
    [('watcher-1', 'retrain', 'manual')]
    """

    version: ClassVar[int] = STATE_VERSION

    def __init__(self, scope: Scope, policy: Policy) -> None:
        self.regimes = Regimes()
        self.health = Health(policy.decay_window_pairs, scope.exponent)
        self.memory = {model_type: Memory() for model_type in policy.models}
        self.orders = Orders(policy.name)
        self._policy, self._history_from = policy, scope.history_from
        self._places = {each: place for place, each in enumerate(policy.models)}
        self._flow = Flow(scope, self._describe, self.health, len(policy.models))
        for each in policy.models:
            self._aim(each)

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
        """The decisions that one event brings, chained to the role's last.

        Raises:
            MalformedEvent: the event is impossible here; it changed nothing but the intake.
        """
        if isinstance(event, Prediction | Outcome):
            return self._due(self._flow.one(event))
        if not self.intake.accept(event):
            return []
        match event:
            case Regime() if event.symbol is None:
                self._regime(event)
                return self._decide(self.memory)
            case Tick():
                return self._decide(self.memory, on_tick=True)
            case Command():
                return self._command(event)
            case Run() | Verdict() | Moved():
                self._progressed(event)
        return []

    def fold(self, block: Block) -> list[Decision]:
        """The decisions that a block brings, as if its events were applied one after the other."""
        made = list[Decision]()
        at = 0
        for single in block.singles:
            made += self._due(self._flow.many(block, at, single.position))
            at = single.position
            try:
                made += self.apply(single.event)
            except MalformedEvent as error:
                block.refuse(single.entry, single.row, str(error))
        made += self._due(self._flow.many(block, at, len(block.rows)))
        self._flow.tidy()
        return made

    def _due(self, stops: Iterator[Stop]) -> list[Decision]:
        models, made = list(self.memory), list[Decision]()
        for stop in stops:
            told = self._decide([models[stop.model]])
            if not any(decision.kind == "retrain" for decision in told):
                self._mute(models[stop.model])
            made += told
        return made

    def _mute(self, model_type: ModelType) -> None:
        """What is suppressed and recorded already need not be looked at again until something changes."""
        seen = self.observe(model_type)
        found = fired(seen, self._policy)
        if found and held_back(seen, self._policy) is not None:
            self._flow.models[self._places[model_type]]["muted"] |= BITS[found[0].trigger]

    def _describe(self, key: Key) -> tuple[int, int, bool]:
        model_type = ModelType(key.model_type)
        place = self._places.get(model_type, -1)
        if place >= 0:
            self._flow.models[place]["window"] = self._window(model_type)
        return place, self._flow.points.symbol(key.symbol), False

    def _window(self, model_type: ModelType) -> int:
        """Where the active version's window is."""
        return self.health.index.get((model_type.value, self.memory[model_type].active), ABSENT)

    def _aim(self, model_type: ModelType) -> None:
        """Let the flow stop where the triggers of a model type may have something new to say."""
        memory, window, points = self.memory[model_type], self._window(model_type), self._points(model_type)
        self._flow.models[self._places[model_type]] = aim(
            model_type, memory, self.regimes.current, window, points, self._policy
        )

    def observe(
        self, model_type: ModelType, *, on_tick: bool = False, command: str | None = None
    ) -> Observation:
        """What the triggers of a model type see now."""
        memory = self.memory[model_type]
        window = self.health.window(model_type.value, memory.active)
        return Observation(
            model_type=model_type,
            clock=self.intake.clock,
            on_tick=on_tick,
            active=memory.active,
            trained_at=memory.trained_at,
            data_since=self._data_since(),
            accuracy=window.accuracy if window.full else float("nan"),
            baseline=memory.baseline,
            pairs=window.pairs,
            new_points=self._points(model_type),
            regime=self.regimes.current,
            trained_regime=memory.regime,
            command=command,
            open_run=memory.open_run,
            decided_at=memory.decided_at,
        )

    def due(self, model_type: ModelType) -> RetrainTrigger | None:
        """The trigger that would start a run if a tick came now, or None."""
        seen = self.observe(model_type, on_tick=True)
        found = fired(seen, self._policy)
        return found[0].trigger if found and held_back(seen, self._policy) is None else None

    def _data_since(self) -> int | None:
        known = [at for at in (self.intake.since, self._history_from) if at is not None]
        return min(known, default=None)

    def _points(self, model_type: ModelType) -> int:
        """(symbol, bar) with a matured outcome since the newest training, until there are enough."""
        return int(self._flow.models[self._places[model_type]]["points"])

    def _regime(self, event: Regime) -> None:
        self.regimes.observe(event.at, event.regime)
        for model_type, memory in self.memory.items():
            memory.regime = memory.regime or self.regimes.current
            self._aim(model_type)

    def _command(self, event: Command) -> list[Decision]:
        if event.action != "retrain":
            raise MalformedEvent(f"command {event.action!r} is unknown; the watcher knows 'retrain'")
        wanted = [ModelType(name) for name in event.models] or list(self.memory)
        missing = [each.value for each in wanted if each not in self.memory]
        if missing:
            raise MalformedEvent(f"retrain of {missing}: not among the policy's models")
        return self._decide(wanted, command=event)

    def _progressed(self, event: Run | Verdict | Moved) -> None:
        model_type = ModelType(event.model_type)
        memory = self.memory.get(model_type)
        if memory is None:
            return
        match event:
            case Run(phase="candidate") if event.run == memory.open_run:
                made = Candidate.announced(event)
                memory.trained(made.version, made.as_of, made.judged().directional_accuracy)
                self._drop(model_type, made.as_of)
            case Run(phase="failed") if event.run == memory.open_run:
                as_of = memory.decided_at or self.intake.clock
                memory.trained(None, as_of, float("nan"))
                self._drop(model_type, as_of)
            case Verdict(result="reject" | "aborted"):
                memory.closed(event.version)
            case Moved():
                memory.moved(event.to_version)
                self.health.forget(event.model_type, frozenset({event.to_version}))
                self._flow.describe_again()
        self._aim(model_type)

    def _drop(self, model_type: ModelType, until: int) -> None:
        place = self._places[model_type]
        self._flow.models[place]["points"] = self._flow.points.drop(place, until)

    def _decide(
        self, models: Iterable[ModelType], *, on_tick: bool = False, command: Command | None = None
    ) -> list[Decision]:
        name = f"{command.p}-{command.n}" if command else None
        decisions = []
        for model_type in models:
            seen = self.observe(model_type, on_tick=on_tick, command=name)
            found = fired(seen, self._policy)
            decision = self._weigh(Finding(seen, found, command)) if found else None
            if decision is not None:
                decisions.append(decision)
        return decisions

    def _weigh(self, finding: Finding) -> Decision | None:
        seen, first = finding.seen, finding.found[0]
        memory, reason = self.memory[seen.model_type], held_back(seen, self._policy)
        if reason is None:
            decision = self.orders.record("retrain", finding, first.reason, self.regimes.changes)
            memory.opened(decision.id, seen.clock, seen.regime)
            self._aim(seen.model_type)
            return decision
        note = f"{first.trigger.value}: {reason}"
        known = note in memory.noted
        if known and finding.command is None:
            return None
        if not known:
            memory.noted.append(note)
        return self.orders.record("suppressed", finding, reason)

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "v": STATE_VERSION,
            **self._flow.state(),
            "health": self.health.state(),
            "points": {"models": [each.value for each in self.memory], **self._flow.points.state()},
            "regimes": self.regimes.state(),
            "memory": {each.value: memory.state() for each, memory in self.memory.items()},
            "head": [self.orders.head.n, self.orders.head.hash],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self._flow.restore(state)
        self.health.restore(state["health"])
        self.regimes.restore(state["regimes"])
        for name, saved in state["memory"].items():
            if ModelType(name) in self.memory:  # the policy may have dropped a model type since
                self.memory[ModelType(name)] = Memory(**saved)
        self.orders.head = Head(*state["head"])
        models = state["points"]["models"]
        order = [models.index(each.value) if each.value in models else None for each in self.memory]
        self._flow.models["points"][: len(order)] = self._flow.points.restore(state["points"], order)
        for each in self.memory:
            self._aim(each)
