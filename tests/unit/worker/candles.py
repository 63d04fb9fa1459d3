"""A file of synthetic hourly candles and settings under which a small loop trains a tiny LightGBM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from clm.data.synthetic import synthetic_bars
from clm.scope import Scope
from worker.settings import Settings, load

HOUR = 3600
SYMBOLS, BARS = ("AAA", "BBB"), 360
TINY = {
    "n_estimators": 10, "max_depth": 3, "learning_rate": 0.2, "subsample": 0.7, "min_data_in_leaf": 5,
}  # fmt: skip
LOOP: dict[str, Any] = {
    "policy": "seed",
    "training_lookback_days": 4,
    "retrain_interval_days": 1,
    "cooldown_hours": 12,
    "shadow_test_hours": 12,
    "min_effective_outcomes": 20,
    "decay_window_pairs": 40,
    "training_params": {"lightgbm": TINY},
}
"""Fifteen days of hourly bars bring trainings, promotions and rejections under these."""


def written(directory: Path, seed: int = 3) -> Path:
    """The candles; another seed is another market."""
    path = directory / f"market-{seed}.parquet"
    synthetic_bars(SYMBOLS, BARS, seed, HOUR).to_parquet(path)
    return path


def configured(directory: Path) -> Path:
    """The configuration file."""
    path = directory / "clm.yaml"
    path.write_text(yaml.safe_dump({"continuous_learning": LOOP}))
    return path


def settings(directory: Path, seed: int = 1) -> Settings:
    """As the command loads them."""
    return load(config=configured(directory), models=["lightgbm"], seed=seed)


def scope() -> Scope:
    """The scope of a replay of these candles."""
    return Scope(name="market-3", bar_seconds=HOUR, target="log_volume", clock="event")
