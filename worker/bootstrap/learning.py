"""Learning: who engineers, fits and judges, and where a training is worked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clm.data import parquet
from clm.errors import ConfigurationError
from clm.learning.bundle import KINDS
from clm.learning.evaluator import HoldoutEvaluator
from clm.learning.features import TechnicalFeatures
from clm.learning.frames import predict_rows
from clm.learning.library import ModelLibrary
from clm.learning.targets import Target
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from clm.ports import DataClient, RunRecord
from clm.replay.schedules import Field
from clm.scope import Scope
from clm.steps.job import Bench, Reading, work
from clm.steps.training import Workshop
from worker.bootstrap.stages import redis_stage, rq_client, server_url, tied_to_owner
from worker.setting_fields import FRESH
from worker.settings import SAMPLE, Settings
from worker.stage import Stage

if TYPE_CHECKING:
    import pandas as pd

    from clm.data.parquet import ParquetDataClient


WORKER_TTL_S = 60
"""After so many seconds RQ's own lists forget a worker that is gone."""

FOREVER_S = 3600.0
"""The lease of a run that is worked where nobody else could take it."""


@dataclass(frozen=True)
class Station:
    """What a training worker keeps between jobs."""

    bench: Bench
    lease_s: float  # of a run
    look: Callable[[], None] = lambda: None  # brings what it keeps up to date
    ready: Callable[[], object] = lambda: None  # opens its connection


def clocks() -> Reading:
    """What the clocks of this process say now."""
    return Reading(time.time(), time.perf_counter(), time.process_time())


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
        self.look()
        return self._client.bound(as_of)

    def look(self) -> None:
        """Read the file again if it has changed."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen, self._client = stamp, bars(self._path, self._scope)

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
        shop = workshop(own, declared)
        fresh, stage = FreshBars(path, declared), redis_stage(own, declared)
        STATIONS[scope] = Station(
            bench(stage, shop, fresh), own.run_lease_s, fresh.look, stage.progress.cursors
        )
    return STATIONS[scope]


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
        return _fresh_worker(queue, client, scope)
    return TrainingWorker([queue], connection=client, worker_ttl=WORKER_TTL_S)


def _fresh_worker(queue: Any, client: Any, scope: str) -> Any:
    from worker import jobs
    from worker.fresh_worker import FreshWorker, Hooks, nothing

    def killed(job: Any, pid: int, *_: object) -> None:
        jobs.abandoned(scope, job.args[1], pid)

    desk = station(scope)
    hooks = Hooks(before=desk.look, tie=tied_to_owner() or nothing, ready=desk.ready)
    return FreshWorker(
        [queue],
        hooks=hooks,
        connection=client,
        worker_ttl=WORKER_TTL_S,
        work_horse_killed_handler=killed,
    )


def inline_jobs(
    stage: Stage, shop: Workshop, data: Callable[[datetime], DataClient]
) -> Callable[[], list[RunRecord]]:
    """Works off a memory queue in this process; the runs that ended."""
    works = bench(stage, shop, data)

    def jobs() -> list[RunRecord]:
        ended = []
        for job in stage.queue.drain():  # type: ignore[attr-defined]
            fence = works.runs.claim(job.run, "inline", FOREVER_S)
            if fence is not None:
                ended.append(work(works.runs.get(job.run), fence, works))
        return ended

    return jobs
