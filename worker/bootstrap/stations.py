"""Stations: what a training worker keeps between jobs, and the worker itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from clm.errors import ConfigurationError
from clm.learning.bundle import KINDS
from clm.model import ModelType
from clm.steps.job import Bench
from clm.store.matrix_store import DirectoryMatrices
from worker.bootstrap.learning import FreshBars, bench, workshop
from worker.bootstrap.stages import redis_stage, rq_client, server_url, tied_to_owner
from worker.identity import birth
from worker.setting_fields import FRESH
from worker.settings import Settings
from worker.stage import Stage
from worker.watchdog import Allowances

WORKER_TTL_S = 60
"""After so many seconds RQ's own lists forget a worker that is gone."""


@dataclass(frozen=True)
class Station:
    """What a training worker keeps between jobs."""

    bench: Bench
    lease_s: float  # of a run
    look: Callable[[], None] = lambda: None  # brings what it keeps up to date
    ready: Callable[[], object] = lambda: None  # opens its connection
    guard: Callable[[str], AbstractContextManager[None]] = lambda _: nullcontext()  # around a run


def preload(models: Iterable[ModelType]) -> None:
    """Import the libraries of model types now, not at the first model; absent ones say so then."""
    for each in models:
        for name in KINDS[each].libraries:
            if find_spec(name) is not None:
                import_module(name)


STATIONS: dict[str, Station] = {}


def station(scope: str, settings: Settings | None = None) -> Station:
    """The training station of a scope in this process; made once, with settings.

    Raises:
        ConfigurationError: the scope names no file of bars.
    """
    if scope not in STATIONS:
        from worker.settings import load

        own = settings or load(scope=scope)
        declared = own.scope_of(scope)
        path = own.data_of(scope)
        if path is None:
            raise ConfigurationError(
                f"scope {scope} names no bars: set scopes.{scope}.data to a Parquet file in the configuration"
            )
        matrices = DirectoryMatrices(own.artifacts / "matrices")
        shop = replace(workshop(own, declared), matrices=matrices)
        fresh, stage = FreshBars(path, declared), redis_stage(own, declared)
        STATIONS[scope] = Station(
            bench(stage, shop, fresh),
            own.run_lease_s,
            fresh.look,
            stage.progress.cursors,
            _guard(own, stage),
        )
    return STATIONS[scope]


def _guard(settings: Settings, stage: Stage) -> Callable[[str], AbstractContextManager[None]]:
    """Who watches over a training: its parent where it has one, else its own process."""
    if settings.worker_mode == FRESH:
        return lambda _: nullcontext()
    from worker.overseer import Overseer

    return Overseer(stage.runs, settings.allowances).guarding


def training_worker(settings: Settings, scope: str, pool: str = "") -> Any:
    """The RQ worker of a pool of a scope's workers: it listens to one queue only, or RQ could lose a job."""
    from rq import Queue
    from rq.serializers import JSONSerializer

    from clm.store.rq_queue import queue_name
    from worker.rq_worker import TrainingJob, TrainingWorker

    client = rq_client(settings.queue_url or server_url(settings))
    name = queue_name(scope, pool)
    queue = Queue(name, connection=client, serializer=JSONSerializer, job_class=TrainingJob)
    if settings.worker_mode == FRESH:
        return _fresh_worker(queue, client, scope, settings.allowances)
    return TrainingWorker([queue], connection=client, worker_ttl=WORKER_TTL_S)


def _fresh_worker(queue: Any, client: Any, scope: str, allowances: Allowances) -> Any:
    from worker.fresh_worker import FreshWorker, Hooks, nothing
    from worker.overseer import Overseer

    birth()  # before the first fork: a child's name is then known here
    desk = station(scope)

    overseer = Overseer(desk.bench.runs, allowances)
    hooks = Hooks(
        before=desk.look,
        tie=tied_to_owner() or nothing,
        ready=desk.ready,
        watch=overseer.watch,
        gone=overseer.gone,
    )
    return FreshWorker([queue], hooks=hooks, connection=client, worker_ttl=WORKER_TTL_S)
