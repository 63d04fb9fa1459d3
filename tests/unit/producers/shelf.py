"""A shelf of tiny models: a registry and an artifact store in memory, with constant forecasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.grouped import GroupedModel
from clm.learning.lightgbm_trees import LightGBMModel
from clm.model import ModelArtifact, ModelStatus, ModelType
from clm.ports import ArtifactStore, Registry
from clm.store.artifact_store import MemoryArtifactStore
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.registry import RouteRegistry

TYPE = ModelType.LIGHTGBM
TRAINED_AT = datetime(2025, 1, 30, 14, 30, 52, tzinfo=UTC)
MINUTE = 60_000_000
COLUMNS = ("a", "b")


def constant(value: float, columns: tuple[str, ...] = COLUMNS) -> bytes:
    """The bundle of a model that forecasts the same number for every row."""
    return bundled(np.zeros((60, len(columns)), np.float32), np.full(60, value), columns)


def grouped(*values: float) -> bytes:
    """The bundle of as many groups of symbols as there are values, each of which forecasts its own."""
    parts = {group: unpack(constant(value)) for group, value in enumerate(values)}
    return pack(replace(parts[0], model=GroupedModel(parts, len(parts))))


def column(name: str, columns: tuple[str, ...]) -> bytes:
    """The bundle of a model that forecasts 1.0 where one of its columns is 1.0, else 0.0."""
    rows = np.zeros((60, len(columns)), np.float32)
    rows[::2, columns.index(name)] = 1
    return bundled(rows, np.tile([1.0, 0.0], 30), columns)


def bundled(rows: NDArray[np.float32], targets: NDArray[np.float64], columns: tuple[str, ...]) -> bytes:
    """The bundle of one tree that reproduces its targets exactly."""
    import lightgbm

    params = {"verbosity": -1, "num_threads": 1, "learning_rate": 1.0, "num_leaves": 2}
    booster = lightgbm.train(params, lightgbm.Dataset(rows, label=targets), num_boost_round=1)
    model = LightGBMModel.from_weights(booster.model_to_string().encode(), {})
    return pack(
        Bundle(
            model_type=TYPE,
            model=model,
            schema="s1",
            columns=columns,
            target="return",
            horizon=1,
            naive="zero",
            rows=len(rows),
            training_range=(0, MINUTE),
            data_digest="",
            seed=1,
        )
    )


def artifact(version: str, sha256: str) -> ModelArtifact:
    """The record of a version."""
    return ModelArtifact(
        model_type=TYPE,
        version=version,
        trained_at=TRAINED_AT,
        metrics={"mae": 0.5},
        model_object=None,
        status=ModelStatus.CANDIDATE,
        training_range=(TRAINED_AT, TRAINED_AT),
        feature_config={},
        training_params={},
        data_points=60,
        sha256=sha256,
    )


class Shelf:
    """Where versions are put and made active."""

    def __init__(self, registry: Registry | None = None, artifacts: ArtifactStore | None = None) -> None:
        self.registry = registry or RouteRegistry(MemoryKeyspace(), Keys("default"))
        self.artifacts = artifacts or MemoryArtifactStore()

    def activate(self, version: str, bundle: bytes) -> None:
        """Keep a new version and route to it."""
        self.registry.save_model(artifact(version, self.artifacts.put(bundle)))
        self.registry.promote(TYPE, version)
