"""The queue's callable works a run once, and skips what another attempt holds or has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from clm.errors import ConfigurationError
from clm.events import DAY
from clm.model import ModelType
from clm.ports import RunRecord
from tests.unit.worker import candles
from worker import bootstrap, jobs
from worker.bootstrap import Station
from worker.market import market
from worker.stage import Stage

FIRST_DAY = 1_704_067_200_000_000  # 2024-01-01, µs
RECORD = RunRecord(
    run="watcher-1", model_type="lightgbm", as_of=FIRST_DAY + 6 * DAY, cause="ops-0", trigger="manual"
)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A scope whose training station stands in this process."""
    stock = market(candles.settings(tmp_path), candles.scope(), candles.written(tmp_path))
    stage = bootstrap.memory_stage(stock.scope)
    made = bootstrap.bench(stage, stock.field.workshop, stock.field.data)
    monkeypatch.setitem(bootstrap.STATIONS, stage.scope.name, Station(made, 60.0))
    stage.runs.open(RECORD)
    return stage


def test_a_run_is_worked_to_its_candidate_and_then_skipped(stage: Stage) -> None:
    assert jobs.train(stage.scope.name, "watcher-1", 1) == "candidate"
    assert jobs.train(stage.scope.name, "watcher-1", 2) == "skipped"
    (found,) = stage.registry.get_model_history(ModelType.LIGHTGBM)
    assert (found.run, found.training_range[1].day) == ("watcher-1", 6)


def test_a_run_that_another_attempt_holds_is_skipped(stage: Stage) -> None:
    assert stage.runs.claim("watcher-1", "other", 60.0) is not None
    assert jobs.train(stage.scope.name, "watcher-1", 1) == "skipped"
    assert stage.runs.get("watcher-1").phase == "started"


def test_too_few_bars_end_the_run_as_failed(stage: Stage) -> None:
    early = RunRecord(run="watcher-2", model_type="lightgbm", as_of=FIRST_DAY + 1, cause="", trigger="time")
    stage.runs.open(early)
    assert jobs.train(stage.scope.name, "watcher-2", 1) == "failed"
    assert "no bar closes" in str(stage.runs.get("watcher-2").error)


def test_a_scope_that_names_no_bars_cannot_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLM_CONFIG", str(candles.configured(tmp_path)))
    with pytest.raises(ConfigurationError, match=r"scopes\.default\.data"):
        jobs.train("default", "watcher-1", 1)
