"""A scope in memory with its watcher and dispatcher, driven step by step; a training is only said to end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from clm.decisions.retention import Limits
from clm.decisions.watch import WatcherFold
from clm.events import Event, tick
from clm.model import ModelArtifact, ModelStatus, ModelType, RetrainTrigger
from clm.policy import Policy
from clm.ports import RunRecord
from clm.records import Decision
from clm.scope import Scope
from clm.steps.consume import Consumer, Streams
from clm.steps.dispatch import Dispatcher, Outlets
from clm.steps.history import History
from clm.steps.runs import ended
from clm.store.decision_log import StreamDecisionLog
from clm.store.decoder import Decoder
from clm.store.event_log import StreamEventLog
from clm.store.keys import Keys
from clm.store.losses import losses
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.memory_queue import MemoryJobQueue
from clm.store.ownership import FencedCheckpoints, HashProgress
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from clm.store.trimming import StreamTrimming
from worker.services import Services

POLICY = Policy(models=(ModelType.XGBOOST, ModelType.LIGHTGBM))
TRAINED = datetime(2008, 10, 10, tzinfo=UTC)


@dataclass
class World:
    """The twins of one scope."""

    scope: Scope = field(default_factory=lambda: Scope(clock="event"))
    space: MemoryKeyspace = field(default_factory=MemoryKeyspace)
    due: Mapping[ModelType, RetrainTrigger | None] = field(default_factory=dict)
    clock: int = 0  # µs

    def __post_init__(self) -> None:
        keys, space = Keys(self.scope.name), self.space
        self.events, self.decisions = StreamEventLog(space, keys), StreamDecisionLog(space, keys)
        self.registry, self.runs = RouteRegistry(space, keys), HashRuns(space, keys)
        self.progress, checkpoints = HashProgress(space, keys), FencedCheckpoints(space, keys)
        known = frozenset(each.value for each in POLICY.models)
        streams = Streams(
            events=self.events, decisions=self.decisions, checkpoints=checkpoints,
            progress=self.progress, decode=Decoder(self.scope, known),
            history=lambda: History("events", self.events.read),
        )  # fmt: skip
        self.watcher = Consumer("watcher", WatcherFold(self.scope, POLICY), streams)
        outlets = Outlets(
            decisions=self.decisions, checkpoints=checkpoints, progress=self.progress,
            runs=self.runs, queue=MemoryJobQueue(), registry=self.registry,
        )  # fmt: skip
        self.dispatcher = Dispatcher(outlets)

    @property
    def services(self) -> Services:
        return Services(
            scope=self.scope, policy=POLICY, events=self.events, decisions=self.decisions,
            registry=self.registry, runs=self.runs, progress=self.progress,
            trimming=StreamTrimming(self.space, Keys(self.scope.name)), limits=Limits(cap_bytes=2000),
            losses=partial(losses, self.space, Keys(self.scope.name)), triggers=lambda: self.due,
            clock=lambda: self.clock,
            compare=self.compare, explain=self.explain, draw=lambda found: f"<svg>{found['version']}</svg>",
        )  # fmt: skip

    def compare(
        self, model: ModelType, versions: tuple[str, str], since: int, level: float
    ) -> dict[str, Any]:
        return {"model_type": model.value, "of": list(versions), "since": since, "level": level}

    def explain(self, model_type: ModelType, version: str | None = None) -> dict[str, Any]:
        """What a version of the world says of itself: its name."""
        return {"model_type": model_type.value, "version": version or "v1", "explanation": {}}

    def step(self, *events: Event) -> None:
        """Append, fold and dispatch everything."""
        for event in events:
            self.events.append(event)
        self.watcher.step()
        self.dispatcher.step()

    def end(self, run: str, phase: str = "candidate", **facts: Any) -> None:
        """Work a run: it ends in a phase."""
        fence = self.runs.claim(run, "w1", 30.0)
        version = "v1" if phase == "candidate" else None
        record: RunRecord = replace(self.runs.get(run), phase=phase, version=version, **facts)
        assert self.runs.finish(record, fence, ended(record))

    def keep(self, version: str = "v1", model_type: ModelType = ModelType.XGBOOST, **metrics: float) -> None:
        """Keep a version in the registry."""
        artifact = ModelArtifact(
            model_type=model_type, version=version, trained_at=TRAINED, metrics=metrics or {"rmse": 0.25},
            model_object=None, status=ModelStatus.CANDIDATE, training_range=(TRAINED, TRAINED),
            feature_config={}, training_params={}, data_points=10, sha256="ab" * 32, run=f"run-{version}",
        )  # fmt: skip
        self.registry.save_model(artifact)

    def judge(self, kind: str, run: str = "watcher-1", **facts: Any) -> Decision:
        """Log the shadow's verdict of a run."""
        evidence = {"epoch": 0, **facts}
        draft = Decision(
            role="shadow", kind=kind, at=0, model_type="xgboost", version="v1", cause=run, evidence=evidence
        )
        verdict = self.decisions.head("shadow").chain(draft)
        assert self.decisions.append(verdict, None)
        return verdict


def minute(number: int) -> Event:
    """The tick of a minute since 1970."""
    return tick(number * 60_000_000)
