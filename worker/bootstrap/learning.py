"""Learning: who engineers, fits and judges, and where a training is worked."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clm.data import parquet
from clm.learning.evaluator import HoldoutEvaluator
from clm.learning.explanation import Explainer
from clm.learning.features import TechnicalFeatures
from clm.learning.frames import predict_rows
from clm.learning.group_trainer import GroupTrainer, one_after_the_other
from clm.learning.grouped import ONE_GROUP
from clm.learning.library import ModelLibrary
from clm.learning.ray_runner import on_ray
from clm.learning.targets import Target
from clm.learning.trainer import NativeTrainer
from clm.ports import DataClient, ModelTrainer, RunRecord
from clm.replay.schedules import Field
from clm.scope import Scope
from clm.steps.job import Bench, Reading, work
from clm.steps.workshop import Workshop
from worker.settings import SAMPLE, Settings
from worker.stage import Stage

if TYPE_CHECKING:
    import pandas as pd

    from clm.data.parquet import ParquetDataClient


FOREVER_S = 3600.0
"""The lease of a run that is worked where nobody else could take it."""


def clocks() -> Reading:
    """What the clocks of this process say now."""
    return Reading(time.time(), time.perf_counter(), time.process_time())


def workshop(settings: Settings, scope: Scope) -> Workshop:
    """Who engineers, fits and judges the models of a scope."""
    target = Target(scope.target, scope.horizon, scope.naive)
    engineer = TechnicalFeatures(target, scope.bar_seconds)
    return Workshop(
        engineer=engineer,
        trainer=trainer(settings, engineer),
        evaluator=HoldoutEvaluator(engineer),
        policy=settings.policy(),
        params=settings.training_params,
        explain=Explainer(settings.explain_rows) if settings.explain_rows else None,
    )


def trainer(settings: Settings, engineer: TechnicalFeatures) -> ModelTrainer:
    """Who fits: one model over all symbols, or one for each group of them, here or on a Ray cluster."""
    native = NativeTrainer(engineer, settings.seed)
    groups, distributed = settings.fields.symbol_groups, settings.fields.distributed
    if groups == ONE_GROUP and distributed is None:
        return native
    return GroupTrainer(native, groups, one_after_the_other if distributed is None else on_ray)


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
