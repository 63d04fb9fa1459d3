"""The specification's file, as it stands there, trains every one of its models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clm.data.synthetic import synthetic_bars
from clm.model import ModelType
from clm.scope import Scope
from clm.steps.workshop import trained
from worker.bootstrap import workshop
from worker.settings import load

SPECIFICATION = """\
continuous_learning:
  retrain_interval_days: 7
  shadow_test_hours: 24
  min_improvement_threshold: 0.02
  training_lookback_days: 90

  triggers:
    time_threshold_days: 7
    data_threshold_points: 10000
    performance_decay_threshold: 0.05

  models:
    - xgboost
    - lightgbm
    - nhits
    - patchtst

  training_params:
    xgboost:
      n_estimators: 500
      max_depth: 7
      learning_rate: 0.01
      subsample: 0.8

    lightgbm:
      n_estimators: 500
      max_depth: 7
      learning_rate: 0.01
      subsample: 0.8

    nhits:
      input_size: 120
      h: 24
      n_blocks: 3

    patchtst:
      input_size: 120
      h: 24
      patch_len: 16
"""

ONE_STEP = '{"nhits": {"max_steps": 1}, "patchtst": {"max_steps": 1}}'
"""Laid over the file, which says nothing of steps: this test asks whether it runs, not how well."""


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "nhits", "patchtst"])
def test_the_specifications_parameters_run_unchanged_from_its_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [each for each in os.environ if each.startswith("CLM_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("CLM_TRAINING_PARAMS", ONE_STEP)
    file = tmp_path / "clm_config.yaml"
    file.write_text(SPECIFICATION)
    shop, each = workshop(load(file), Scope(horizon=12)), ModelType(name)
    rows = shop.engineer.transform(synthetic_bars(("A",), 400, seed=1, bar_seconds=3600))
    made = trained(each, rows, shop, shop.params_of(each))
    asked = {key: value for key, value in made.params.items() if key != "max_steps"}
    assert asked in (
        {"n_estimators": 500, "max_depth": 7, "learning_rate": 0.01, "subsample": 0.8},
        {"input_size": 120, "h": 24, "n_blocks": 3},
        {"input_size": 120, "h": 24, "patch_len": 16},
    )
    assert made.horizon == 12
