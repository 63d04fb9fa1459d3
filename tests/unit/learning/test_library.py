"""The library keeps a model with its record, and gives it back ready to forecast."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from clm.learning.bundle import Bundle, unpack
from clm.learning.frames import predict_rows
from clm.learning.library import ModelLibrary
from clm.learning.trainer import NativeTrainer
from clm.model import ModelArtifact, ModelStatus, ModelType
from clm.store.artifact_store import MemoryArtifactStore
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from clm.store.registry import RouteRegistry
from tests.unit.learning.market import BOOSTER, engineer, frame

NOW = datetime(2025, 1, 30, tzinfo=UTC)
TYPE = ModelType.LIGHTGBM
BUNDLE = NativeTrainer(engineer()).train_lightgbm(frame(), BOOSTER)


def library() -> tuple[ModelLibrary, MemoryArtifactStore]:
    artifacts = MemoryArtifactStore()
    return ModelLibrary(RouteRegistry(MemoryKeyspace(), Keys("default")), artifacts, engineer()), artifacts


def artifact(model: Any) -> ModelArtifact:
    return ModelArtifact(
        model_type=TYPE,
        version="v1",
        trained_at=NOW,
        metrics={},
        model_object=model,
        status=ModelStatus.CANDIDATE,
        training_range=(NOW, NOW),
        feature_config={},
        training_params=BOOSTER,
        data_points=598,
    )


def test_the_active_version_comes_back_with_its_model() -> None:
    shelf, _ = library()
    shelf.save_model(artifact(BUNDLE))
    shelf.promote(TYPE, "v1")
    active, mask = shelf.get_active(TYPE), np.ones(len(frame()), bool)
    assert active is not None
    again = predict_rows(active.model_object, frame(), mask)
    assert np.array_equal(again, predict_rows(BUNDLE, frame(), mask))


def test_a_stored_artifact_knows_its_bytes_and_libraries() -> None:
    shelf, artifacts = library()
    stored = shelf.store(artifact(BUNDLE))
    assert stored.sha256 is not None
    assert len(artifacts.get(stored.sha256)) == stored.size
    assert stored.libraries == BUNDLE.libraries


def test_a_bare_model_is_bundled_by_its_record() -> None:
    shelf, artifacts = library()
    stored = shelf.store(artifact(BUNDLE.model))
    made: Bundle = unpack(artifacts.get(str(stored.sha256)))
    assert (made.rows, made.schema, made.columns) == (598, BUNDLE.schema, BUNDLE.columns)


def test_while_naive_serves_there_is_no_active_version() -> None:
    assert library()[0].get_active(TYPE) is None
