"""Status: what is active per model type, in the seed's shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clm.model import NAIVE, ModelType
from clm.ports import ModelRegistry


def summary(registry: ModelRegistry, models: Iterable[ModelType]) -> dict[str, dict[str, Any]]:
    """By model type: ``active_version``, ``active_trained_at`` (UTC or None), ``active_metrics``."""
    return {each.value: _of(registry, each) for each in models}


def _of(registry: ModelRegistry, model_type: ModelType) -> dict[str, Any]:
    active = registry.get_active(model_type)
    if active is None:
        return {"active_version": NAIVE, "active_trained_at": None, "active_metrics": {}}
    return {
        "active_version": active.version,
        "active_trained_at": active.trained_at,
        "active_metrics": dict(active.metrics),
    }
