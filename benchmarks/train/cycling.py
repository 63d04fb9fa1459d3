"""A whole cycle beside its bare fits, and what storing and loading its models take."""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.stream.figure import ratio, shown, spread
from benchmarks.stream.meter import cpu_seconds
from benchmarks.train import defaulting
from benchmarks.train.figure import Figure
from benchmarks.train.market import HOUR, SEED_PARAMS, bars, engineer
from benchmarks.train.sizes import FEW, Sizes
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
WHOLE = ("cycle_over_bare", "cycle_over_defaults", "artefact_share")
"""Rows that a cycle of all four models is needed for."""

Call = Callable[[], Any]


def measure(sizes: Sizes) -> Iterator[Figure]:
    """The rows of this section."""
    if sizes.wants(*WHOLE, "boosters_over_bare"):
        _spent(BASE if sizes.wants(*WHOLE) else BASE[:2], replace(sizes, few=FEW))  # pays the imports
    if sizes.wants("boosters_over_bare"):
        yield _beside("boosters_over_bare", BASE[:2], sizes)[0]
    spent = 0.0
    if sizes.wants("cycle_over_bare"):
        made, spent = _beside("cycle_over_bare", BASE, sizes)
        yield made
    if sizes.wants("artefact_share", "cycle_over_defaults"):
        spent = spent or _spent(BASE, sizes)
    if sizes.wants("cycle_over_defaults"):
        yield defaulting.figure(spent, engineer().transform(bars(sizes.cycle_bars, SYMBOLS)), sizes)
    if sizes.wants("artefact_share", "bit_equal", "pickle_bytes"):
        yield from _artefacts(spent, sizes)


def _beside(key: str, models: Sequence[ModelType], sizes: Sizes) -> tuple[Figure, float]:
    """Cycles, and their bare fits after each job; the figure, and CPU seconds of a cycle."""
    costs: dict[str, list[float]] = {"cycle": [], "bare": []}
    for _ in range(sizes.passes):
        spent, bare, fits = 0.0, 0.0, 0
        for _ in range(sizes.cycles):
            for cost, calls in _cycle(models, sizes):
                spent, bare, fits = spent + cost, bare + _cost(calls), fits + len(calls)
        costs["cycle"].append(spent)
        costs["bare"].append(bare)
    raw = {"unit": f"CPU s of {sizes.cycles} cycles", **{name: spread(each) for name, each in costs.items()}}
    one = median(costs["cycle"]) / sizes.cycles
    return Figure(key, ratio(costs["cycle"], costs["bare"]), {**raw, "fits": fits}), one


def _artefacts(cycle: float, sizes: Sizes) -> Iterator[Figure]:
    models = fitted(sizes.trees)
    with TemporaryDirectory() as home:
        store, spent = DirectoryArtifactStore(home), []
        for _ in range(sizes.passes):
            since = cpu_seconds()
            names = [store.put(pack(bundle)) for bundle in models.values()]
            loaded = [unpack(store.get(name)) for name in names]
            spent.append(cpu_seconds() - since)
            for name in names:
                store.remove(name)
    if sizes.wants("artefact_share"):
        raw = {"save_and_load_cpu_s": spread(spent), "cycle_cpu_s": shown(cycle)}
        yield Figure("artefact_share", shown(median(spent) / cycle), raw)
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


def _cycle(models: Sequence[ModelType], sizes: Sizes) -> Iterator[tuple[float, list[Call]]]:
    """CPU seconds of each job of a cycle, as a worker works it; and the bare calls of its fits."""
    frame = bars(sizes.cycle_bars, SYMBOLS)
    as_of = moment(int(frame["timestamp"].max().value) // 1000 + HOUR * 1_000_000)
    shape, client = engineer(), ParquetDataClient(frame, HOUR)
    with TemporaryDirectory() as home:
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
        for each in models:
            calls: list[Call] = []
            with _noted(calls):
                since = cpu_seconds()
                _job(each, as_of, bench)
                spent = cpu_seconds() - since
            yield spent, calls


def _spent(models: Sequence[ModelType], sizes: Sizes) -> float:
    """CPU seconds of a cycle."""
    return sum(cost for cost, _ in _cycle(models, sizes))


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
