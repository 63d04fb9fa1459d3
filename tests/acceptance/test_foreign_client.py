"""A trader in another language, written from the page alone, is understood event by event."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from clm.decisions.watch import WatcherFold
from clm.events import Outcome, Prediction
from clm.policy import Policy
from clm.scope import Scope
from worker import bootstrap
from worker.settings import load
from worker.stage import Stage

CLIENT = Path(__file__).parent / "js" / "trade.mjs"
AT = 1_700_000_040_000_000  # µs
MINUTE = 60_000_000
POLICY = Policy()


def node() -> str:
    """The interpreter; without one the test fails in CI and is skipped elsewhere."""
    found = shutil.which("node")
    if found is None and os.environ.get("CI"):
        pytest.fail("node is not installed here, and CI must show that a foreign client works: install it")
    return found or pytest.skip("node is not installed: `node --version` must answer for this test")


@pytest.fixture
def stage(server_url: str, scope_name: str, tmp_path: Path) -> Stage:
    """A scope to which the client has published."""
    settings = load().placed(redis_url=server_url, home=tmp_path)
    stage = bootstrap.redis_stage(settings, Scope(name=scope_name, symbols=("AAPL", "IBM")))
    address = server_url.removeprefix("unix://")
    subprocess.run([node(), str(CLIENT), address, scope_name, str(AT)], check=True, timeout=60)
    return stage


def said(n: int, symbol: str, value: float, at: int) -> Prediction:
    return Prediction(
        p="js-1", n=n, at=at, model_type="lightgbm", version="naive", symbol=symbol, horizon=1, value=value,
        naive=0.25,
    )  # fmt: skip


def test_the_watcher_joins_what_it_published_single_and_in_batches(stage: Stage) -> None:
    watcher = bootstrap.watcher(stage, POLICY)
    assert watcher.step() == 5
    assert isinstance(watcher.fold, WatcherFold)
    assert (watcher.fold.join.predictions, watcher.fold.join.joined) == (12, 12)


def test_each_event_is_what_the_client_meant(stage: Stage) -> None:
    events = list(bootstrap.recorded(stage, POLICY))
    values = [i / 10 for i in range(12)]
    predictions = [
        said(2 + i, "IBM" if i % 2 else "AAPL", value, AT + MINUTE)
        for i, value in enumerate(values)
        if i != 5
    ]
    outcomes = [
        Outcome(p="js-1", n=14 + i, at=AT + 2 * MINUTE, of=("js-1", 2 + i), value=i / 8) for i in range(12)
    ]
    first = [said(0, "AAPL", 0.5, AT), Outcome(p="js-1", n=1, at=AT + MINUTE, of=("js-1", 0), value=0.75)]
    assert events == [*first, *predictions, *outcomes, *outcomes]


def test_what_is_impossible_is_refused_row_by_row_and_counts_as_nothing_else(stage: Stage) -> None:
    bootstrap.watcher(stage, POLICY).step()
    rows = [json.loads(data) for _, data in stage.space.read(stage.keys.quarantine, "0-0", 100)]
    assert [(row["rows"], row["reasons"][0][0]) for row in rows] == [(1, 5), (1, 5)]
    assert "finite" in rows[0]["reasons"][0][1]
    assert "js-1-7, which is unknown" in rows[1]["reasons"][0][1]


def test_its_inputs_arrive(stage: Stage) -> None:
    [(_, row)] = stage.inputs.read("0-0")
    assert (row.symbol, row.at, row.schema) == ("AAPL", AT, "js-1")
    assert row.x == b"\x00\x00\x80\x3f\x00\x00\xc0\xbf"
