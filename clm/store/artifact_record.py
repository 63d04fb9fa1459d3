"""A version's record in the registry: everything of an artifact but its models."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from clm.events import micros, moment
from clm.model import ModelArtifact, ModelStatus, ModelType
from clm.records import canonical

MODELS = frozenset({"model_object", "holdout_model", "explanation"})
"""What the bundle keeps instead."""


def pack_artifact(artifact: ModelArtifact) -> bytes:
    """The record as canonical JSON; times in µs."""
    values = {f.name: getattr(artifact, f.name) for f in fields(artifact) if f.name not in MODELS}
    start, end = artifact.training_range
    values |= {
        "model_type": artifact.model_type.value,
        "status": artifact.status.value,
        "trained_at": micros(artifact.trained_at),
        "training_range": [micros(start), micros(end)],
        "activated_at": None if artifact.activated_at is None else micros(artifact.activated_at),
    }
    return canonical(values)


def unpack_artifact(data: bytes) -> ModelArtifact:
    """The artifact of a record, without its models."""
    values: dict[str, Any] = json.loads(data)
    activated = values["activated_at"]
    nan = float("nan")
    values |= {
        "model_type": ModelType(values["model_type"]),
        "status": ModelStatus(values["status"]),
        "trained_at": moment(values["trained_at"]),
        "training_range": tuple(moment(at) for at in values["training_range"]),
        "metrics": {name: nan if value is None else value for name, value in values["metrics"].items()},
        "activated_at": None if activated is None else moment(activated),
        "model_object": None,
    }
    return ModelArtifact(**values)
