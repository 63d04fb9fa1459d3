"""The lookout: what the watcher knows of each model type, and where the compiled loop has to call it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clm.decisions.aim import BITS, Place, aim
from clm.decisions.budget import Budget
from clm.decisions.candidate import Candidate
from clm.decisions.detectors import Detectors
from clm.decisions.evident_triggers import EvidentObservation, budget_until
from clm.decisions.flow import Flow
from clm.decisions.health import Health
from clm.decisions.layout import ABSENT, FREE
from clm.decisions.memory import Memory
from clm.decisions.moves import ABORTED
from clm.decisions.names import Key
from clm.decisions.regimes import Regimes
from clm.decisions.settled_regimes import SettledRegimes
from clm.decisions.triggers import Fired, Observation
from clm.decisions.veterans import Veterans
from clm.events import SECOND, Moved, Run, Verdict
from clm.model import ModelType
from clm.policy import Policy
from clm.scope import Scope


class Lookout:
    """Regimes, and by model type trigger memory, health of the versions and detectors of decay."""

    def __init__(self, scope: Scope, policy: Policy) -> None:
        bar = scope.bar_seconds * SECOND
        self.regimes: Regimes = SettledRegimes(bar) if policy.sequential else Regimes()
        self.health = Health(policy.decay_window_pairs, scope.exponent)
        self.memory = {model_type: Memory() for model_type in policy.models}
        self._veterans = Veterans(scope.horizon)
        self._policy, self._history_from = policy, scope.history_from
        self._places = {each: place for place, each in enumerate(policy.models)}
        self._detectors = Detectors(len(policy.models), policy)
        self._budget = Budget(policy.cpu_seconds_per_day if policy.sequential else None)
        self.flow = Flow(scope, self._describe, self.health, len(policy.models), self._detectors.arrays)
        self.aim_all()

    @property
    def clock(self) -> int:
        """The event clock, µs."""
        return self.flow.intake.clock

    def observe(
        self, model_type: ModelType, *, on_tick: bool = False, command: str | None = None
    ) -> Observation:
        """What the triggers of a model type see now."""
        memory = self.memory[model_type]
        window = self.health.window(model_type.value, memory.active)
        seen: dict[str, Any] = {
            "model_type": model_type,
            "clock": self.clock,
            "on_tick": on_tick,
            "active": memory.active,
            "trained_at": memory.trained_at,
            "data_since": self._data_since(),
            "accuracy": window.accuracy if window.full else float("nan"),
            "baseline": memory.baseline,
            "pairs": window.pairs,
            "new_points": self._points(model_type),
            "regime": self.regimes.current,
            "trained_regime": memory.regime,
            "command": command,
            "open_run": memory.open_run,
            "decided_at": memory.decided_at,
        }
        if not self._policy.sequential:
            return Observation(**seen)
        return EvidentObservation(
            **seen,
            alarms=dict(memory.alarms),
            shares=self.regimes.shares,
            trained_here=memory.trained_in.get(self.regimes.current or ""),
            on_trial=memory.on_trial,
            veterans=self._veterans.of(model_type.value, memory, self.regimes, self.health),
            recalled=memory.asked_in(self.regimes.since),
            spent=self._spent(),
            cost=self._budget.cost(model_type.value),
        )

    def mute(self, model_type: ModelType, found: Sequence[Fired]) -> None:
        """What is suppressed and recorded already need not be looked at again until something changes."""
        if self._policy.cpu_seconds_per_day is not None:
            self._aim(model_type)  # another day's budget may hold it back now
        for each in found if self._policy.sequential else found[:1]:
            self.flow.models[self._places[model_type]]["muted"] |= BITS.get(each.trigger, 0)

    def raised(self, model_type: ModelType) -> None:
        """Take down what the detectors saw that raised an alarm at the row where the loop stopped."""
        place = self._places[model_type]
        raised = int(self.flow.models[place]["raised"])
        if raised:
            self.memory[model_type].alarms |= self._detectors.alarms(place, raised, self.clock)
            self._aim(model_type)

    def regime(self, changed: bool) -> None:
        """A signal came or time passed: look at the regime again if it changed."""
        for memory in self.memory.values():
            memory.regime = memory.regime or self.regimes.current
        self._veterans.signalled(self.regimes.signal, self.health)
        if changed:
            self.aim_all()

    def asked_back(self, model_type: ModelType, run: str, version: str) -> None:
        """A version was asked back; it is as if its run had begun."""
        self.memory[model_type].asked_back(run, version, self.regimes.since)
        self._changed(model_type)

    def opened(self, model_type: ModelType, run: str, seen: Observation) -> None:
        """A retrain was decided."""
        self.memory[model_type].opened(run, seen.clock, seen.regime)
        self._changed(model_type)  # what it may cost is promised to it

    def progressed(self, event: Run | Verdict | Moved) -> None:
        """A run, a trial or a route went on."""
        model_type = ModelType(event.model_type)
        memory = self.memory.get(model_type)
        if memory is None:
            return
        self._remember(event)
        match event:
            case Run(phase="candidate" | "failed") if memory.asked_by(event.run):
                memory.came_back(event.version)
            case Run(phase="candidate") if event.run == memory.open_run:
                made = Candidate.announced(event)
                memory.trained(made.version, made.as_of, made.judged().directional_accuracy, made.decay())
                self._ended(model_type, made.as_of, event.cpu_seconds)
            case Run(phase="failed") if event.run == memory.open_run:
                as_of = memory.decided_at or self.clock
                memory.trained(None, as_of, float("nan"))
                self._ended(model_type, as_of, event.cpu_seconds)
            case Verdict(result="reject" | "aborted"):
                memory.closed(event.version)
            case Moved(change=str()):  # the active version stays
                if event.change == ABORTED:
                    memory.closed(str(event.canary))
            case Moved():
                memory.moved(event.to_version, self.regimes.current)
                self.health.forget(event.model_type, frozenset({event.to_version}))
                self._detectors.begin(self._places[model_type], memory.decay)
                self.flow.describe_again()
        self._changed(model_type)

    def _remember(self, event: Run | Verdict | Moved) -> None:
        """Take over what versions did before it is forgotten."""
        if isinstance(event, Verdict):
            self._veterans.judged(event)
        elif isinstance(event, Moved):
            self._veterans.moved(event, self.health)

    def _ended(self, model_type: ModelType, as_of: int, cpu_seconds: float | None) -> None:
        place = self._places[model_type]
        self.flow.models[place]["points"] = self.flow.points.drop(place, as_of)
        self._budget.ended(model_type.value, self.clock, cpu_seconds)

    def _spent(self) -> float:
        running = [each.value for each, memory in self.memory.items() if memory.training]
        return self._budget.spent(self.clock, running)

    def _describe(self, key: Key) -> tuple[int, int, bool]:
        model_type = ModelType(key.model_type)
        place = self._places.get(model_type, -1)
        if place >= 0:
            self.flow.models[place]["window"] = self._window(model_type)
        return place, self.flow.points.shelf(max(place, 0), key.symbol), False

    def _window(self, model_type: ModelType) -> int:
        """Where the active version's window is."""
        return self.health.index.get((model_type.value, self.memory[model_type].active), ABSENT)

    def aim_all(self) -> None:
        """Let the loop stop where the triggers of a model type may have something new to say."""
        for each in self.memory:
            self._aim(each)

    def _changed(self, model_type: ModelType) -> None:
        """Aim at a model type again, and at the others where they share a budget with it."""
        for each in (model_type,) if self._policy.cpu_seconds_per_day is None else self.memory:
            self._aim(each)

    def _aim(self, model_type: ModelType) -> None:
        cost = self._budget.cost(model_type.value)
        place = Place(
            window=self._window(model_type),
            points=self._points(model_type),
            watches=self._detectors.watches(self._places[model_type]),
            budget=budget_until(self.clock, self._spent(), cost, self._policy) or FREE,
            recalled=self.memory[model_type].asked_in(self.regimes.since),
        )
        memory, regime = self.memory[model_type], self.regimes.current
        self.flow.models[self._places[model_type]] = aim(model_type, memory, regime, place, self._policy)

    def _data_since(self) -> int | None:
        known = [at for at in (self.flow.intake.since, self._history_from) if at is not None]
        return min(known, default=None)

    def _points(self, model_type: ModelType) -> int:
        """(symbol, bar) with a matured outcome since the newest training, until there are enough."""
        return int(self.flow.models[self._places[model_type]]["points"])

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        models = [each.value for each in self.memory]
        return {
            **self.flow.state(),
            "health": self.health.state(),
            "points": {"models": models, **self.flow.points.state()},
            "regimes": self.regimes.state(),
            "memory": {each.value: memory.state() for each, memory in self.memory.items()},
            "detectors": dict(zip(models, self._detectors.state(), strict=True)),
            "budget": self._budget.state(),
            "veterans": self._veterans.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.flow.restore(state)
        self.health.restore(state["health"])
        self.regimes.restore(state["regimes"])
        self._budget.restore(state["budget"])
        self._veterans.restore(state["veterans"])
        for name, saved in state["memory"].items():
            if ModelType(name) in self.memory:  # the policy may have dropped a model type since
                memory = self.memory[ModelType(name)] = Memory(**saved)
                place = self._places[ModelType(name)]
                self._detectors.restore(place, memory.decay, state["detectors"][name])
        models = state["points"]["models"]
        order = [models.index(each.value) if each.value in models else None for each in self.memory]
        self.flow.models["points"][: len(order)] = self.flow.points.restore(state["points"], order)
        self.aim_all()
