"""Records of versions for tests of the steps."""

from __future__ import annotations

from datetime import UTC, datetime

from clm.model import ModelArtifact, ModelStatus, ModelType

TRAINED_AT = datetime(2025, 1, 30, 14, 30, 52, tzinfo=UTC)


def artifact(version: str = "v1", model_type: ModelType = ModelType.XGBOOST) -> ModelArtifact:
    """A stored candidate without its model."""
    return ModelArtifact(
        model_type=model_type,
        version=version,
        trained_at=TRAINED_AT,
        metrics={"rmse": 0.5},
        model_object=None,
        status=ModelStatus.CANDIDATE,
        training_range=(TRAINED_AT, TRAINED_AT),
        feature_config={},
        training_params={},
        data_points=10,
        sha256="0" * 64,
    )
