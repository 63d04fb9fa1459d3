"""The command picks longer defaults for daily bars, and writes JSON that any reader takes."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import pytest

from clm.replay.tape import Bar
from worker import replay_command
from worker.replay_command import Counter, as_json
from worker.settings import Settings

HOUR, DAY = 3600, 86_400


def settings(bar_seconds: int, *, config: Path | None = None, seed: int | None = None) -> Settings:
    arguments = argparse.Namespace(config=config, models=["lightgbm"], seed=seed)
    return replay_command._settings(arguments, bar_seconds)


def test_daily_bars_have_a_longer_lookback_and_shadow() -> None:
    daily, hourly = settings(DAY).policy(), settings(HOUR).policy()
    assert (daily.training_lookback_days, daily.shadow_test_hours) == (750, 1344)
    assert (hourly.training_lookback_days, hourly.shadow_test_hours) == (90, 24)


def test_a_file_that_was_named_ranks_above_these_defaults(tmp_path: Path) -> None:
    config = tmp_path / "clm.yaml"
    config.write_text("continuous_learning: {shadow_test_hours: 48}")
    policy = settings(DAY, config=config).policy()
    assert (policy.training_lookback_days, policy.shadow_test_hours) == (750, 48)


@pytest.mark.parametrize(("given", "seed"), [(None, 1), (7, 7)])
def test_the_seed_is_1_unless_it_is_given(given: int | None, seed: int) -> None:
    assert settings(HOUR, seed=given).seed == seed


def test_a_loss_of_no_rows_is_null_in_json() -> None:
    told = json.loads(as_json({"loss": {"nhits": {"loop": math.nan, "never": 0.5}}}))
    assert told == {"loss": {"nhits": {"loop": None, "never": 0.5}}}


def test_the_counter_is_silent_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    counter = Counter()
    for at in range(100):
        counter(Bar(at, (), (), ""))
    counter.done()
    assert capsys.readouterr().err == ""
