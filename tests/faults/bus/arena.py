"""An arena: one scope on a server, with the configuration that its processes are started with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tests.faults.bus.feed import MODELS, SYMBOLS
from worker import bootstrap
from worker.settings import Settings, load
from worker.stage import Stage

LOOP: dict[str, Any] = {
    "policy": "seed",
    "models": list(MODELS),
    "training_lookback_days": 2,
    "retrain_interval_days": 1.5,
    "cooldown_hours": 18,
    "shadow_test_hours": 6,
    "min_effective_outcomes": 50,
    "decay_window_pairs": 200,
    "data_threshold_points": 3000,
}
"""Every trigger holds now and then under these, and a trial is over after half a day of hourly bars."""


@dataclass(frozen=True)
class Arena:
    """Where one scope is folded.

    Parameters:
        variables: of the processes' environment, e.g. ``{"CLM_LEASE_S": "2"}``.
    """

    directory: Path
    url: str
    scope: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        declared = {"symbols": list(SYMBOLS), "bar_seconds": 3600, "clock": "event"}
        whole = {"continuous_learning": {**LOOP, "scopes": {self.scope: declared}}}
        self.config.write_text(yaml.safe_dump(whole))

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.directory / "clm.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """Of its processes."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLM_")}
        own = {
            "CLM_REDIS_URL": self.url,
            "CLM_CONFIG": str(self.config),
            "CLM_SCOPE": self.scope,
            "CLM_HOME": str(self.directory),
        }
        return {**inherited, **own, **self.variables}

    @cached_property
    def settings(self) -> Settings:
        """As its processes have them."""
        settings = load(config=self.config, scope=self.scope)
        return settings.placed(redis_url=self.url, home=self.directory)

    @cached_property
    def stage(self) -> Stage:
        """Its adapters, for one thread."""
        return bootstrap.redis_stage(self.settings)
