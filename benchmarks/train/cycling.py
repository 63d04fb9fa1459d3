"""A whole cycle beside its bare fits, and what storing and loading its models take."""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.stream.figure import ratio, shown, spread
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train.figure import Figure
from benchmarks.train.market import HOUR, SEED_PARAMS, bars, engineer
from benchmarks.train.sizes import Sizes
from benchmarks.train.stable import BASE, fitted
from clm.data.parquet import ParquetDataClient
from clm.events import micros, moment
from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.evaluator import HoldoutEvaluator
from clm.learning.explanation import Explainer
from clm.learning.library import ModelLibrary
from clm.learning.trainer import BOOSTERS, NETWORKS, NativeTrainer
from clm.model import ModelType
from clm.policy import Policy
from clm.ports import RunRecord
from clm.scope import Scope
from clm.steps.job import Bench, work
from clm.steps.workshop import EXPLAIN_ROWS, Workshop
from clm.store.artifact_store import DirectoryArtifactStore
from clm.store.keys import Keys
from clm.store.matrix_store import DirectoryMatrices
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.registry import RouteRegistry
from worker import bootstrap
from worker.bootstrap.learning import clocks

SYMBOLS = 3
Call = Callable[[], Any]


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section."""
    cycle = 0.0
    for key, models in (("boosters_over_bare", BASE[:2]), ("cycle_over_bare", BASE)):
        costs: dict[str, list[float]] = {"cycle": [], "bare": []}
        for number in range(sizes.passes + 1 if key == "boosters_over_bare" else sizes.passes):
            counts = number or key == "cycle_over_bare"  # the first pass of the first warms the libraries
            cost, calls = _cycle(models, sizes)
            bare = _cost(calls)
            costs["cycle"] += [cost] if counts else []
            costs["bare"] += [bare] if counts else []
        cycle = float(np.median(costs["cycle"]))
        raw = {"unit": "CPU s", **{name: spread(each) for name, each in costs.items()}, "fits": len(calls)}
        yield Figure(key, ratio(costs["cycle"], costs["bare"]), raw)
    yield from _artefacts(cycle, sizes)


def _artefacts(cycle: float, sizes: Sizes) -> Iterator[Figure]:
    models = fitted(sizes.trees)
    with TemporaryDirectory() as home:
        store = DirectoryArtifactStore(home)
        since = cpu_seconds()
        loaded = [unpack(store.get(store.put(pack(bundle)))) for bundle in models.values()]
        spent = cpu_seconds() - since
    raw = {"save_and_load_cpu_s": shown(spent), "cycle_cpu_s": shown(cycle)}
    yield Figure("artefact_share", shown(spent / cycle), raw)
    equal = [_equal(bundle, again) for bundle, again in zip(models.values(), loaded, strict=True)]
    yield Figure("bit_equal", sum(equal), dict(zip((each.value for each in models), equal, strict=True)))
    sizes_of = {each.value: _pickled(pack(bundle)) for each, bundle in models.items()}
    yield Figure("pickle_bytes", sum(sizes_of.values()), sizes_of)


def _equal(bundle: Bundle, again: Bundle) -> bool:
    shape = (64, bundle.input_size, len(bundle.columns))
    windows = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    return np.array_equal(bundle.predict(windows), again.predict(windows))


def _pickled(data: bytes) -> int:
    """Bytes of the members of a bundle that could be read as a pickle."""
    found = 0
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        for name in box.namelist():
            content = box.read(name)
            try:
                found += sum(1 for _ in pickletools.genops(content)) and len(content)
            except (ValueError, IndexError, UnicodeDecodeError):
                continue
    return found


def _cycle(models: Sequence[ModelType], sizes: Sizes) -> tuple[float, list[Call]]:
    """CPU seconds of a cycle, jobs as a worker works them; and the bare calls of the fits that it made."""
    frame = bars(sizes.cycle_bars, SYMBOLS)
    as_of = moment(int(frame["timestamp"].max().value) // 1000 + HOUR * 1_000_000)
    shape, client = engineer(), ParquetDataClient(frame, HOUR)
    calls: list[Call] = []
    with TemporaryDirectory() as home, _noted(calls):
        stage = bootstrap.memory_stage(Scope())
        shop = Workshop(
            engineer=shape,
            trainer=NativeTrainer(shape),
            evaluator=HoldoutEvaluator(shape),
            policy=Policy(training_lookback_days=sizes.cycle_bars / 24),
            params={each.value: {**SEED_PARAMS[each.value], **sizes.params(each)} for each in models},
            matrices=DirectoryMatrices(f"{home}/matrices"),
            explain=Explainer(EXPLAIN_ROWS),
        )
        registry = RouteRegistry(MemoryKeyspace(), Keys("bench"))
        library = ModelLibrary(registry, DirectoryArtifactStore(home), shape)
        bench = Bench(runs=stage.runs, library=library, workshop=shop, data=client.bound, clocks=clocks)
        since = cpu_seconds()
        for each in models:
            _job(each, as_of, bench)
        return cpu_seconds() - since, calls


def _job(model_type: ModelType, as_of: datetime, bench: Bench) -> None:
    record = RunRecord(
        run=f"watcher-{model_type.value}",
        model_type=model_type.value,
        as_of=micros(as_of),
        cause="ops-0",
        trigger="manual",
    )
    bench.runs.open(record)
    fence = bench.runs.claim(record.run, "bench", 3600)
    assert fence is not None
    done = work(record, fence, bench)
    assert done.phase == "candidate", done.error


@contextmanager
def _noted(calls: list[Call]) -> Iterator[None]:
    """Note every fit of a cycle as a call that makes it again."""
    kinds: list[Any] = [*BOOSTERS.values(), *NETWORKS.values()]
    kept = {kind: kind.train.__func__ for kind in kinds}

    def noting(kind: Any) -> Any:
        def train(cls: Any, *arguments: Any) -> Any:
            calls.append(lambda: kept[kind](cls, *arguments))
            return kept[kind](cls, *arguments)

        return classmethod(train)

    for kind in kinds:
        kind.train = noting(kind)
    try:
        yield
    finally:
        for kind in kinds:
            kind.train = classmethod(kept[kind])


def _cost(calls: Sequence[Call]) -> float:
    since = cpu_seconds()
    for call in calls:
        call()
    return cpu_seconds() - since
