"""The one composition root: settings in, everything a process works with out."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clm.data import parquet
from clm.decisions import shadow as shadow_role
from clm.decisions import watch as watcher_role
from clm.decisions.intake import Intake
from clm.decisions.join import Join
from clm.decisions.shadow import ShadowFold
from clm.decisions.watch import WatcherFold
from clm.errors import ConfigurationError, MalformedEvent, MissingLibrary
from clm.events import Event, Outcome, Prediction
from clm.learning.bundle import KINDS
from clm.learning.evaluator import HoldoutEvaluator
from clm.learning.features import TechnicalFeatures
from clm.learning.frames import predict_rows
from clm.learning.library import ModelLibrary
from clm.learning.scoring import BundleScorer
from clm.learning.targets import Target
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType, RetrainTrigger
from clm.policy import Policy
from clm.ports import ArtifactStore, DataClient, Fence, JobQueue, RunRecord
from clm.records import Decision
from clm.replay.schedules import Field
from clm.scope import Scope
from clm.steps.consume import Consumer, Fold, Streams
from clm.steps.dispatch import Dispatcher, Outlets
from clm.steps.job import Bench, Reading, work
from clm.steps.shadowing import Standing, announce
from clm.steps.training import Workshop
from clm.store import scope_record
from clm.store.artifact_store import DirectoryArtifactStore, MemoryArtifactStore
from clm.store.codec import admit
from clm.store.decision_log import StreamDecisionLog
from clm.store.event_log import StreamEventLog, StreamInputLog
from clm.store.keys import Keys
from clm.store.keyspace import Keyspace
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.memory_queue import MemoryJobQueue
from clm.store.ownership import FencedCheckpoints, HashProgress, LeaseOwnership
from clm.store.redis_keyspace import connect
from clm.store.registry import RouteRegistry
from clm.store.run_store import HashRuns
from clm.store.valkey_process import dies_with_parent
from producers import EventPublisher, ModelHandle, StreamSink
from worker.settings import SAMPLE, Settings
from worker.stage import Stage

if TYPE_CHECKING:
    import pandas as pd
    from fastapi import FastAPI

    from clm.data.parquet import ParquetDataClient

FOREVER_S = 3600.0
"""The lease of a run that is worked where nobody else could take it."""


@dataclass(frozen=True)
class Station:
    """What a training worker keeps between jobs."""

    bench: Bench
    lease_s: float  # of a run


def clocks() -> Reading:
    """What the clocks of this process say now."""
    return Reading(time.time(), time.perf_counter(), time.process_time())


# --- stages ---


def memory_stage(scope: Scope) -> Stage:
    """Every adapter in memory, under a clock that the entries themselves carry."""
    space = MemoryKeyspace()
    return _stage(scope, space, MemoryJobQueue(), MemoryArtifactStore())


def redis_stage(settings: Settings, scope: Scope | None = None) -> Stage:
    """Every adapter on the configured server, for the scope as it is declared there.

    Parameters:
        scope: a declaration to keep; None: the configuration's, else the one that is kept.

    Raises:
        UnreachableServer: the server does not answer.
        ConfigurationError: there is no server, or nobody declared the scope.
    """
    from clm.store.rq_queue import RqJobQueue

    url, name = server_url(settings), scope.name if scope else settings.scope
    space = connect(url)
    declared = _declared(settings, space, Keys(name), scope)
    queue = RqJobQueue(_rq_client(settings.queue_url or url), name)
    return _stage(declared, space, queue, DirectoryArtifactStore(settings.artifacts))


def _declared(settings: Settings, space: Keyspace, keys: Keys, scope: Scope | None) -> Scope:
    """What is declared now. Symbols, columns and history that it leaves open stay as they are kept."""
    kept = scope_record.load(space, keys)
    if scope is None and kept is not None and keys.scope not in settings.scopes:
        return kept
    own = scope or settings.scope_of(keys.scope)
    if kept is not None:
        own = replace(
            own,
            symbols=own.symbols or kept.symbols,
            schemas={**kept.schemas, **own.schemas},
            history_from=kept.history_from if own.history_from is None else own.history_from,
        )
    return scope_record.save(space, keys, own)


def _stage(scope: Scope, space: Keyspace, queue: JobQueue, artifacts: ArtifactStore) -> Stage:
    keys = Keys(scope.name)
    return Stage(
        scope=scope,
        space=space,
        keys=keys,
        events=StreamEventLog(space, keys),
        inputs=StreamInputLog(space, keys),
        decisions=StreamDecisionLog(space, keys),
        checkpoints=FencedCheckpoints(space, keys),
        ownership=LeaseOwnership(space, keys),
        progress=HashProgress(space, keys),
        runs=HashRuns(space, keys),
        queue=queue,
        registry=RouteRegistry(space, keys),
        artifacts=artifacts,
    )


def _rq_client(url: str) -> Any:
    """RQ wants a client of its own that does not decode; a dead server must not hold it up."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0))


def server_url(settings: Settings) -> str:
    """The configured server, else the embedded one of this home.

    Raises:
        ConfigurationError: neither is there.
    """
    if settings.redis_url:
        return settings.redis_url
    from clm.store.embedded import socket_path, socket_url

    home = embedded_home(settings).resolve()
    if not socket_path(home).exists():
        raise ConfigurationError(
            "no server: CLM_REDIS_URL is not set and no embedded server runs here: start `clm up`, or set it"
        )
    return socket_url(socket_path(home))


def embedded_home(settings: Settings) -> Path:
    """Where the embedded server keeps its data."""
    return settings.home / "valkey"


@contextmanager
def server(settings: Settings) -> Iterator[str]:
    """The configured server, or an embedded one for as long as the context lasts; its URL."""
    if settings.redis_url:
        yield settings.redis_url
        return
    from clm.store.embedded import Embedded

    with Embedded(embedded_home(settings)) as url:
        yield url


def tied_to_owner() -> Callable[[], None] | None:
    """What a child runs before its program, so that it is killed when the thread that starts it ends.

    SIGKILL: at SIGTERM a worker would end its training first, for a server that is gone too.
    """
    return dies_with_parent(signal.SIGKILL)


def ping(settings: Settings) -> None:
    """Raises UnreachableServer or ConfigurationError unless the server answers."""
    connect(server_url(settings)).ping()


# --- learning ---


def workshop(settings: Settings, scope: Scope) -> Workshop:
    """Who engineers, fits and judges the models of a scope."""
    target = Target(scope.target, scope.horizon, scope.naive)
    engineer = TechnicalFeatures(target, scope.bar_seconds)
    return Workshop(
        engineer=engineer,
        trainer=NativeTrainer(engineer, settings.seed),
        evaluator=HoldoutEvaluator(engineer),
        policy=settings.policy(),
        params=settings.training_params,
    )


def bars(path: Path | str, scope: Scope) -> ParquetDataClient:
    """The bars of a file, or the demo's prices for ``sample``."""
    if Path(path) == SAMPLE:
        from clm.data.sample import sample_bars

        return parquet.ParquetDataClient(sample_bars(), scope.bar_seconds)
    return parquet.ParquetDataClient.open(path, scope.bar_seconds, scope.symbols)


class FreshBars:
    """The bars of a file as of a moment; the file is read again when it has changed."""

    def __init__(self, path: Path, scope: Scope) -> None:
        self._path, self._scope = path, scope
        self._seen, self._client = self._stamp(), bars(path, scope)

    def __call__(self, as_of: datetime) -> DataClient:
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen, self._client = stamp, bars(self._path, self._scope)
        return self._client.bound(as_of)

    def _stamp(self) -> tuple[int, int]:
        if not self._path.exists():
            return 0, 0
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size


def bar_seconds(path: Path | str) -> int:
    """The bar size of a file, seconds."""
    return parquet.bar_seconds(parquet.read_bars(path))


def field(frame: pd.DataFrame, shop: Workshop, client: ParquetDataClient) -> Field:
    """What fixed schedules are run on."""
    return Field(frame=frame, workshop=shop, data=client.bound, predict=predict_rows, clocks=clocks)


def bench(stage: Stage, shop: Workshop, data: Callable[[datetime], DataClient]) -> Bench:
    """What a training works with."""
    return Bench(
        runs=stage.runs,
        library=ModelLibrary(stage.registry, stage.artifacts, shop.engineer),  # type: ignore[arg-type]
        workshop=shop,
        data=data,
        clocks=clocks,
    )


def preload(models: Iterable[ModelType]) -> None:
    """Import the libraries of model types now, not at the first model; absent ones say so then."""
    for each in models:
        for name in KINDS[each].libraries:
            if find_spec(name) is not None:
                import_module(name)


_STATIONS: dict[str, Station] = {}


def station(scope: str, settings: Settings | None = None) -> Station:
    """The training station of a scope in this process; made once, with settings.

    Raises:
        ConfigurationError: the scope names no file of bars.
    """
    if scope not in _STATIONS:
        from worker.settings import load

        own = settings or load(scope=scope)
        declared = own.scope_of(scope)
        path = own.data_of(scope)
        if path is None:
            raise ConfigurationError(
                f"scope {scope} names no bars: set scopes.{scope}.data to a Parquet file in the configuration"
            )
        shop = workshop(own, declared)
        made = bench(redis_stage(own, declared), shop, FreshBars(path, declared))
        _STATIONS[scope] = Station(made, own.run_lease_s)
    return _STATIONS[scope]


def training_worker(settings: Settings, scope: str) -> Any:
    """The RQ worker of a scope's queue."""
    from rq import Queue
    from rq.serializers import JSONSerializer

    from clm.store.rq_queue import queue_name
    from worker.rq_worker import TrainingJob, TrainingWorker

    client = _rq_client(settings.queue_url or server_url(settings))
    queue = Queue(queue_name(scope), connection=client, serializer=JSONSerializer, job_class=TrainingJob)
    return TrainingWorker([queue], connection=client, worker_ttl=60)


def inline_jobs(
    stage: Stage, shop: Workshop, data: Callable[[datetime], DataClient]
) -> Callable[[], list[RunRecord]]:
    """Works off a memory queue in this process; the runs that ended."""
    works = bench(stage, shop, data)

    def jobs() -> list[RunRecord]:
        ended = []
        for run, _ in stage.queue.drain():  # type: ignore[attr-defined]
            fence = works.runs.claim(run, "inline", FOREVER_S)
            if fence is not None:
                ended.append(work(works.runs.get(run), fence, works))
        return ended

    return jobs


# --- roles ---


def streams(stage: Stage, policy: Policy) -> Streams:
    """What a consumer of the stage reads and writes."""
    known = frozenset(each.value for each in policy.models)
    return Streams(
        events=stage.events,
        decisions=stage.decisions,
        checkpoints=stage.checkpoints,
        progress=stage.progress,
        admit=partial(admit, scope=stage.scope, known=known),
    )


def watcher(stage: Stage, policy: Policy, fence: Fence | None = None) -> Consumer:
    """The watcher's consumer."""
    fold = WatcherFold(stage.scope, policy)
    return Consumer(watcher_role.ROLE, fold, streams(stage, policy), fence=fence)


def shadow_fold(stage: Stage, policy: Policy) -> ShadowFold:
    """The shadow's fold with its scorer."""
    return ShadowFold(stage.scope, policy, BundleScorer(stage.artifacts, stage.inputs, stage.scope))


def shadow(stage: Stage, policy: Policy, fence: Fence | None = None) -> Consumer:
    """The shadow's consumer."""
    fold = shadow_fold(stage, policy)
    return Consumer(
        shadow_role.ROLE,
        fold,
        streams(stage, policy),
        announce=announce,
        after=Standing(fold, stage.registry),
        fence=fence,
    )


def dispatcher(stage: Stage) -> Dispatcher:
    """The dispatcher."""
    return Dispatcher(
        Outlets(
            decisions=stage.decisions,
            checkpoints=stage.checkpoints,
            progress=stage.progress,
            runs=stage.runs,
            queue=stage.queue,
            registry=stage.registry,
        )
    )


# --- the trader's side ---


def memory_publisher(stage: Stage, producer: str) -> EventPublisher:
    """A publisher into the stage's own streams, sent by ``flush``."""
    return EventPublisher(sink=StreamSink(stage.space, stage.keys), p=producer, background=False)


def publisher(settings: Settings, stage: Stage) -> EventPublisher:
    """A publisher to the configured server."""
    return EventPublisher(server_url(settings), stage.scope.name)


def handle(stage: Stage, models: tuple[ModelType, ...]) -> ModelHandle:
    """A model handle over the stage's registry and bundles."""
    columns = next(iter(stage.scope.schemas.values()), ())
    return ModelHandle(stage.registry, stage.artifacts, models, columns)


# --- HTTP ---


def app(settings: Settings, stage: Stage) -> FastAPI:
    """The HTTP service of a stage. Raises MissingLibrary without the extra ``http``."""
    try:
        from worker.api import create_app
    except ImportError as error:
        remedy = "pip install 'continuous-learning-manager[http]'"
        raise MissingLibrary(f"the HTTP service cannot be imported ({error}): {remedy}") from error
    from worker.event_clock import EventClock
    from worker.services import Services

    policy = settings.policy()
    services = Services(
        scope=stage.scope,
        policy=policy,
        events=stage.events,
        decisions=stage.decisions,
        registry=stage.registry,
        runs=stage.runs,
        progress=stage.progress,
        triggers=partial(due, stage, policy),
        clock=EventClock(stage.events, streams(stage, policy).admit),
    )
    return create_app(services, token=settings.http_token, rate_limited=settings.http_rate_limit)


# --- looking back ---


def recorded(stage: Stage, policy: Policy) -> Iterator[Event]:
    """Every admitted event of the stage, oldest first; what was quarantined is passed over."""
    admitted, cursor = streams(stage, policy).admit, "0-0"
    while entries := stage.events.read(cursor):
        for entry in entries:
            cursor = entry.id
            try:
                yield admitted(entry)
            except MalformedEvent:
                continue


def derived(stage: Stage, policy: Policy) -> Iterator[Decision]:
    """Every decision of watcher and shadow, derived again from the recorded stream."""
    folds: tuple[Fold, ...] = (WatcherFold(stage.scope, policy), shadow_fold(stage, policy))
    for event in recorded(stage, policy):
        for fold in folds:
            try:
                yield from fold.apply(event)
            except MalformedEvent:
                continue


def due(stage: Stage, policy: Policy) -> dict[ModelType, RetrainTrigger | None]:
    """Which retrains would be due now, from the recorded events."""
    fold = WatcherFold(stage.scope, policy)
    for event in recorded(stage, policy):
        try:
            fold.apply(event)
        except MalformedEvent:
            continue
    return {each: fold.due(each) for each in policy.models}


def underived(stage: Stage, policy: Policy, logged: list[Decision]) -> list[str]:
    """What the log says that the recorded stream does not, and the other way round, a line each."""
    roles = (watcher_role.ROLE, shadow_role.ROLE)
    known = {each.id: each.canonical() for each in logged if each.role in roles}
    again = {each.id: each.canonical() for each in derived(stage, policy)}
    differing = sorted(name for name in known.keys() | again.keys() if known.get(name) != again.get(name))
    return [f"{name} does not follow from the recorded events" for name in differing]


def facts(stage: Stage, policy: Policy) -> Mapping[str, int]:
    """Counts of the recorded stream: predictions, joined outcomes, quarantined entries."""
    intake, join = Intake(), Join()
    for event in recorded(stage, policy):
        if intake.accept(event) and isinstance(event, Prediction):
            join.expect(event)
        elif isinstance(event, Outcome):
            with suppress(MalformedEvent):
                join.meet(event)
    return {
        "predictions": join.predictions,
        "joined": join.joined,
        "quarantined": stage.space.length(stage.keys.quarantine),
    }
