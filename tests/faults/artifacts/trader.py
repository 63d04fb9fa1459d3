"""A trader beside a store whose files rot: it must go on with the model that it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from clm.learning.bundle import Bundle, pack
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from clm.store.artifact_store import DirectoryArtifactStore
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.registry import RouteRegistry
from producers.handle import ModelHandle
from producers.served import MODEL_FAILURES
from tests.contract.test_registry import artifact
from tests.faults.artifacts.damage import damaged
from tests.unit.learning.market import PARAMS, engineer, frame

GOOD, ROTTEN = "A", "B"


@dataclass(frozen=True)
class Ordeal:
    """What became of a trader."""

    damaged: int
    loaded: int  # damaged bundles that were served
    lost: int  # forecasts that were not the good model's
    raised: int


def fitted(model_type: ModelType) -> Bundle:
    """A small model of a type."""
    train = getattr(NativeTrainer(engineer()), f"train_{model_type.value}")
    made: Bundle = train(frame(), PARAMS[model_type.value])
    return made


def suffer(model_type: ModelType, place: Path, count: int, seed: int) -> Ordeal:
    """Promote a version whose file is damaged in one way after the other, and forecast on."""
    with _trading(model_type, place) as (handle, file, row):
        whole, bar = file.read_bytes(), 100
        expected = handle.predict(model_type, "X", bar, row, 0.0)
        loaded = lost = raised = 0
        for number in range(count):
            file.write_bytes(damaged(whole, seed + number))
            bar += 1
            try:
                loaded += handle.refresh()
                said = handle.predict(model_type, "X", bar, row, 0.0)
            except MODEL_FAILURES:
                raised += 1
                continue
            loaded += handle.version(model_type) != GOOD
            lost += said != expected
        return Ordeal(count, loaded, lost, raised)


@contextmanager
def _trading(model_type: ModelType, place: Path) -> Iterator[tuple[ModelHandle, Path, np.ndarray]]:
    """A handle that serves the good version, the file of the one that is promoted, and a row."""
    bundle = fitted(model_type)
    store, registry = DirectoryArtifactStore(place), RouteRegistry(MemoryKeyspace(), Keys("rotten"))
    contents = {GOOD: pack(bundle), ROTTEN: pack(replace(bundle, seed=2))}
    for version, data in contents.items():
        record = replace(artifact(version), model_type=model_type, sha256=store.put(data))
        registry.save_model(record)
    registry.promote(model_type, GOOD)
    handle = ModelHandle(registry, store, [model_type], bundle.columns)
    row = np.full(len(bundle.columns), 0.5, np.float32)
    assert handle.refresh(), handle.errors
    for bar in range(100):
        handle.observe("X", bar, row)
    registry.promote(model_type, ROTTEN)
    sha256 = str(registry.get_model(model_type, ROTTEN).sha256)
    yield handle, place / sha256[:2] / sha256[2:], row
