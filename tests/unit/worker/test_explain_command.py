"""``clm explain`` tells what a stored version rests on, and explains one anew where that was not kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clm.data.synthetic import synthetic_bars
from clm.errors import UnknownVersion
from clm.events import moment
from clm.learning.library import ModelLibrary
from clm.model import ModelArtifact, ModelType
from clm.scope import Scope
from clm.steps.training import Order, candidate, load_frame, split
from clm.steps.workshop import EXPLAIN_ROWS
from worker import bootstrap
from worker.cli import main
from worker.explain_command import tuning_lines
from worker.settings import load
from worker.stage import Stage

TYPE = ModelType.LIGHTGBM
SCOPE = Scope(name="s", bar_seconds=3600)
FEW = {"training_params": {"lightgbm": {"n_estimators": 10}}}


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bars") / "bars.parquet"
    synthetic_bars(("A",), 800, seed=1, bar_seconds=3600).to_parquet(path)
    return path


def trained(path: Path, stage: Stage, as_of: datetime, **settings: Any) -> ModelArtifact:
    """A candidate, kept in the stage's registry."""
    shop = bootstrap.workshop(load(**FEW, min_improvement_threshold=0.0, **settings), SCOPE)
    parts = split(load_frame(bootstrap.FreshBars(path, SCOPE)(as_of), shop), shop)
    made, _ = candidate(Order(TYPE, "v1", as_of), parts, shop, None)
    ModelLibrary(stage.registry, stage.artifacts, shop.engineer).save_model(made)  # type: ignore[arg-type]
    return made


Known = Callable[..., dict[str, Any]]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = bootstrap.memory_stage(SCOPE)
    monkeypatch.setattr(bootstrap, "redis_stage", lambda settings, scope=None: made)
    return made


def as_of(path: Path) -> datetime:
    import pandas as pd

    return moment(int(pd.read_parquet(path)["timestamp"].max().timestamp() * 1e6) + 3_600_000_000)


def test_what_the_training_left_is_told_and_drawn(
    bars: Path, stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trained(bars, stage, as_of(bars)).explanation is not None
    stage.registry.promote(TYPE, "v1")
    assert main(["explain", "lightgbm", "--scope", "s", "--svg", str(tmp_path / "p.svg")]) == 0
    told = capsys.readouterr().out
    assert told.startswith("lightgbm v1: ")
    assert "share of the forecast over 16 rows of the hold-out" in told
    assert (tmp_path / "p.svg").read_text().startswith("<svg")


def test_what_is_made_anew_on_the_same_rows_is_what_the_training_left(bars: Path, stage: Stage) -> None:
    trained(bars, stage, as_of(bars))
    left = bootstrap.explained(stage, TYPE, "v1")
    again = bootstrap.explained_anew(load(**FEW, data=bars), stage, TYPE, "v1", EXPLAIN_ROWS)
    assert left["explanation"] is not None
    assert again == left


def test_drift_since_the_training_is_told_where_bars_came_after_it(
    bars: Path, stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(bars, stage, as_of(bars) - timedelta(hours=100))
    monkeypatch.setenv("CLM_DATA", str(bars))
    found = bootstrap.explained_anew(load(**FEW, data=bars), stage, TYPE, "v1", 4)
    assert found["since"]["seen"] == 100
    assert main(["explain", "lightgbm", "v1", "--rows", "4", "--scope", "s"]) == 0
    assert "since the training, the drift from the training range" in capsys.readouterr().out


def test_one_that_was_not_explained_says_how_to_do_it_now(
    bars: Path, stage: Stage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained(bars, stage, as_of(bars), explain_rows=0)
    assert main(["explain", "lightgbm", "v1", "--scope", "s"]) == 0
    assert "--rows 200" in capsys.readouterr().out
    assert main(["explain", "lightgbm", "v1", "--scope", "s", "--svg", str(tmp_path / "p.svg")]) == 1
    assert "was not explained" in capsys.readouterr().err


def test_what_a_search_found_is_told() -> None:
    trials = [{"state": "complete"}, {"state": "pruned"}, {"state": "complete"}]
    told = {"folds": 3, "trials": trials, "best": {"max_depth": 3}, "loss": 0.4, "configured_loss": 0.5}
    assert tuning_lines(told) == [
        "  tuned on 3 folds, trials: 2 complete, 1 pruned",
        "    max_depth: 3",
        "    mean absolute error 0.4, as configured 0.5",
    ]
    assert tuning_lines({**told, "best": {}})[1:] == ["    nothing was better than what is configured"]
    assert tuning_lines({}) == []


def test_the_naive_forecast_rests_on_nothing_else(stage: Stage) -> None:
    with pytest.raises(UnknownVersion, match="serves the naive forecast"):
        bootstrap.explained(stage, TYPE)
