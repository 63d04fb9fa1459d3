"""The table of results: every model beside the naive forecast, on candles of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.train import results
from benchmarks.train.market import Candles
from clm.data.synthetic import synthetic_bars


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bars = synthetic_bars(["S"], 900, seed=1, bar_seconds=3600)
    bars.to_parquet(tmp_path / "hours.parquet")
    market = results.Market(Candles("hours.parquet", "S", 3600), 20, 5)
    monkeypatch.setattr(results, "MARKETS", {"S": market})
    return tmp_path


def test_a_row_tells_skill_with_its_interval_direction_and_cost(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "results.json"
    options = ["--folds", "2", "--target", "log_range", "--models", "ridge", "lightgbm", "--out", str(out)]
    assert results.main(["--data", str(folder), *options]) == 0
    rows = json.loads(out.read_text())
    assert [(row["horizon"], row["model"]) for row in rows] == [
        (horizon, model) for horizon in (1, 12) for model in ("naive", "ridge", "lightgbm")
    ]
    for row in rows:
        low, high = row["skill_95"]
        assert low <= row["skill"] <= high
        assert row["rows"] == 2 * 5 * 24
    assert capsys.readouterr().out.count("\n") == 2 + len(rows)
