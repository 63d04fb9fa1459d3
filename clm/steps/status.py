"""Status: what is active per model type, in the seed's shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clm.model import NAIVE, ModelType
from clm.ports import ModelRegistry, Route


def summary(registry: ModelRegistry, models: Iterable[ModelType]) -> dict[str, dict[str, Any]]:
    """By model type: ``active_version``, ``active_trained_at`` (UTC or None), ``active_metrics``."""
    return {each.value: _of(registry, each) for each in models}


def closed(route: Route) -> dict[str, Any]:
    """What a route says besides its active version."""
    return {
        "epoch": route.epoch,
        "canary": route.canary,
        "share": route.share,
        "pin": route.pin,
        "frozen": route.frozen,
        "locked_out": list(route.locked_out),
        "approvals": route.approvals,
        "approved": {version: list(who) for version, who in route.approved.items()},
    }


def _of(registry: ModelRegistry, model_type: ModelType) -> dict[str, Any]:
    active = registry.get_active(model_type)
    if active is None:
        return {"active_version": NAIVE, "active_trained_at": None, "active_metrics": {}}
    return {
        "active_version": active.version,
        "active_trained_at": active.trained_at,
        "active_metrics": dict(active.metrics),
    }
