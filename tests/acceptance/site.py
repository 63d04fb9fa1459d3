"""A site: a small synthetic market, a configuration and the environment of the processes that work on it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from clm.data.synthetic import synthetic_bars
from worker import bootstrap
from worker.market import Market, market
from worker.settings import Settings, load
from worker.stage import Stage

if TYPE_CHECKING:
    import pandas as pd

SYMBOLS, BARS, SEED, BAR_SECONDS = ("AAA", "BBB"), 250, 3, 3600
NUMBERS = count()

TREES = {"n_estimators": 15, "max_depth": 3, "learning_rate": 0.15, "anchor": "mean"}
"""On a line the first version would know all there is to know, and no other be promoted."""
LOOP: dict[str, Any] = {
    "policy": "seed",
    "models": ["xgboost", "lightgbm"],
    "training_lookback_days": 4,
    "retrain_interval_days": 2,
    "cooldown_hours": 12,
    "shadow_test_hours": 12,
    "min_effective_outcomes": 20,
    "decay_window_pairs": 40,
    "training_params": {"xgboost": TREES, "lightgbm": {**TREES, "min_data_in_leaf": 5}},
}
"""Ten days of hourly bars bring triggers, rejections and promotions under these."""


@dataclass(frozen=True)
class Site:
    """Where one loop runs: files, scope and server."""

    directory: Path
    url: str
    changes: dict[str, Any] = field(default_factory=dict)  # of the configuration
    scope: str = field(default_factory=lambda: f"loop-{next(NUMBERS)}")
    bars: int = BARS
    clock: str = "event"
    run_lease_s: float = 1.0  # short, so that a dead worker's run is tried again soon
    candles: pd.DataFrame | None = None  # instead of synthetic ones
    declared: dict[str, Any] = field(default_factory=dict)  # of the scope, where it differs

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        made = synthetic_bars(SYMBOLS, self.bars, SEED, BAR_SECONDS) if self.candles is None else self.candles
        made.to_parquet(self.prices)
        self.write({**LOOP, **self.changes})

    @property
    def prices(self) -> Path:
        """The candles."""
        return self.directory / "market.parquet"

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.directory / "clm.yaml"

    def write(self, own: dict[str, Any]) -> None:
        """Write the configuration with the scope's declaration."""
        scope = {
            "symbols": list(SYMBOLS),
            "bar_seconds": BAR_SECONDS,
            "target": "log_volume",
            "clock": self.clock,
            "data": str(self.prices),
            **self.declared,
        }
        whole = {"continuous_learning": {**own, "scopes": {self.scope: scope}}}
        self.config.write_text(yaml.safe_dump(whole))

    @property
    def environment(self) -> dict[str, str]:
        """Of its processes: short leases, so that a role is taken over soon."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLM_")}
        return {
            **inherited,
            "CLM_REDIS_URL": self.url,
            "CLM_CONFIG": str(self.config),
            "CLM_SCOPE": self.scope,
            "CLM_HOME": str(self.directory),
            "CLM_LEASE_S": "1",
            "CLM_RUN_LEASE_S": str(self.run_lease_s),
        }

    @cached_property
    def settings(self) -> Settings:
        """As its processes have them."""
        settings = load(config=self.config, scope=self.scope)
        return settings.placed(redis_url=self.url, home=self.directory)

    @cached_property
    def market(self) -> Market:
        """Its bars as a tape."""
        return market(self.settings, self.settings.scope_of(self.scope), self.prices)

    @cached_property
    def stage(self) -> Stage:
        """Its adapters."""
        return bootstrap.redis_stage(self.settings, self.market.scope)
