"""The watcher's fold: events in, decisions of role ``watcher`` out. Pure; time enters only as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clm.decisions import orders
from clm.decisions.candidate import Candidate
from clm.decisions.health import Health, check_range
from clm.decisions.intake import Intake
from clm.decisions.join import Join
from clm.decisions.memory import Memory
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
STATE_VERSION = 2


class WatcherFold:
    """Folds a scope's events into health and trigger memory, and says when a retrain is due.

    >>> from clm.events import Command
    >>> fold = WatcherFold(Scope(), Policy())
    >>> due = fold.apply(Command(p="ops", n=0, at=0, action="retrain", models=("xgboost",)))
    >>> [(each.id, each.kind, each.trigger) for each in due]
    [('watcher-1', 'retrain', 'manual')]
    """

    def __init__(self, scope: Scope, policy: Policy) -> None:
        self.intake, self.join, self.regimes = Intake(), Join(), Regimes()
        self.health = Health(policy.decay_window_pairs, scope.exponent)
        self.memory = {model_type: Memory() for model_type in policy.models}
        self.orders = Orders(policy.name)
        self._policy, self._exponent = policy, scope.exponent
        self._data_since = scope.history_from

    def apply(self, event: Event) -> list[Decision]:
        """The decisions that one event brings, chained to the role's last.

        Raises:
            MalformedEvent: the event is impossible here; it changed nothing but the intake.
        """
        if not self.intake.accept(event):
            return []
        match event:
            case Prediction():
                self._predicted(event)
            case Outcome():
                return self._matured(event)
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
            data_since=self._data_since,
            accuracy=window.accuracy if window.full else float("nan"),
            baseline=memory.baseline,
            pairs=window.pairs,
            new_points=memory.new_points,
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

    def _predicted(self, event: Prediction) -> None:
        check_range(self._exponent, event.value, event.naive)
        since = self._data_since
        self._data_since = event.at if since is None else min(event.at, since)
        self.join.expect(event)

    def _matured(self, event: Outcome) -> list[Decision]:
        check_range(self._exponent, event.value)
        pair = self.join.meet(event)
        seen = pair.prediction
        self.health.observe(pair)
        memory = self.memory.get(ModelType(seen.model_type))
        if memory is None:
            return []
        memory.count(seen.symbol, seen.at, self._policy.data_threshold_points)
        return self._decide([ModelType(seen.model_type)])

    def _regime(self, event: Regime) -> None:
        self.regimes.observe(event.at, event.regime)
        for memory in self.memory.values():
            memory.regime = memory.regime or self.regimes.current

    def _command(self, event: Command) -> list[Decision]:
        if event.action != "retrain":
            raise MalformedEvent(f"command {event.action!r} is unknown; the watcher knows 'retrain'")
        wanted = [ModelType(name) for name in event.models] or list(self.memory)
        missing = [each.value for each in wanted if each not in self.memory]
        if missing:
            raise MalformedEvent(f"retrain of {missing}: not among the policy's models")
        return self._decide(wanted, command=event)

    def _progressed(self, event: Run | Verdict | Moved) -> None:
        memory = self.memory.get(ModelType(event.model_type))
        if memory is None:
            return
        match event:
            case Run(phase="candidate") if event.run == memory.open_run:
                made = Candidate.announced(event)
                memory.trained(made.version, made.as_of, made.judged().directional_accuracy)
            case Run(phase="failed") if event.run == memory.open_run:
                memory.trained(None, memory.decided_at or self.intake.clock, float("nan"))
            case Verdict(result="reject" | "aborted"):
                memory.closed(event.version)
            case Moved():
                memory.moved(event.to_version)
                self.health.forget(event.model_type, frozenset({event.to_version}))

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
            "intake": self.intake.state(),
            "join": self.join.state(),
            "health": self.health.state(),
            "regimes": self.regimes.state(),
            "memory": {each.value: memory.state() for each, memory in self.memory.items()},
            "head": [self.orders.head.n, self.orders.head.hash],
            "data_since": self._data_since,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.intake.restore(state["intake"])
        self.join.restore(state["join"])
        self.health.restore(state["health"])
        self.regimes.restore(state["regimes"])
        for name, saved in state["memory"].items():
            if ModelType(name) in self.memory:  # the policy may have dropped a model type since
                self.memory[ModelType(name)] = Memory(**saved)
        self.orders.head = Head(*state["head"])
        self._data_since = state["data_since"]
