"""A replay tells the whole loop on recorded bars, and tells the same each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clm.replay.report import report
from tests.unit.worker import candles
from worker import bootstrap, replay
from worker.cli import main
from worker.market import market

pytestmark = pytest.mark.slow

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture(scope="module")
def facts(place: Path) -> Facts:
    """Of a replay called as a function."""
    return replay.run(candles.settings(place), candles.scope(), candles.written(place), replay.silent)


@pytest.fixture(scope="module")
def commanded(place: Path) -> Facts:
    """Of the same replay by the command."""
    out = place / "out.json"
    asked = ["--models", "lightgbm", "--target", "log_volume", "--config", str(candles.configured(place))]
    assert main(["replay", str(candles.written(place)), "--report", str(out), *asked]) == 0
    told: Facts = json.loads(out.read_text())
    return told


def hashed(place: Path, *, seed: int = 1, tape: int = 3) -> str:
    """The hash of a replay without the schedules beside it."""
    settings, scope = candles.settings(place, seed), candles.scope()
    stock = market(settings, scope, candles.written(place, tape))
    done = replay.play(settings, stock, bootstrap.memory_stage(stock.scope))
    return str(report(done)["decision_log_sha256"])


def test_a_replay_by_command_decides_as_one_by_function(facts: Facts, commanded: Facts) -> None:
    assert commanded["decision_log_sha256"] == facts["decision_log_sha256"]
    assert commanded["loss"] == facts["loss"]


def test_another_seed_or_another_tape_decides_otherwise(place: Path, facts: Facts) -> None:
    same, other_seed, other_tape = hashed(place), hashed(place, seed=2), hashed(place, tape=4)
    assert same == facts["decision_log_sha256"]
    assert len({same, other_seed, other_tape}) == 3


def test_the_report_has_every_key_of_its_contract(commanded: Facts) -> None:
    assert (commanded["scope"], commanded["target"], commanded["horizon"]) == ("market-3", "log_volume", 1)
    assert set(commanded["events"]) == {"predictions", "outcomes", "joined", "quarantined"}
    for name in ("triggers", "trainings", "promotions", "rejections", "rollbacks"):
        assert isinstance(commanded[name], list)
    assert set(commanded["loss"]) == set(commanded["cpu_seconds"]) == {"lightgbm"}
    assert set(commanded["loss"]["lightgbm"]) == {"loop", "never", "naive", "every_7d"}
    assert set(commanded["cpu_seconds"]["lightgbm"]) == {"loop", "never", "every_7d"}
    assert len(commanded["decision_log_sha256"]) == 64


def test_every_outcome_that_matured_is_joined_and_nothing_is_quarantined(facts: Facts) -> None:
    # log_volume's naive forecast needs 3 of 5 bars; the newest bar's target is not known yet
    predictions = (candles.BARS - 2) * len(candles.SYMBOLS)
    matured = predictions - len(candles.SYMBOLS)
    assert facts["events"] == {
        "predictions": predictions, "outcomes": matured, "joined": matured, "quarantined": 0,
    }  # fmt: skip


def test_the_loop_trains_promotes_and_rejects(facts: Facts) -> None:
    runs = {run["run"] for run in facts["trainings"]}
    assert {trigger["id"] for trigger in facts["triggers"]} == runs
    assert {run["phase"] for run in facts["trainings"]} == {"candidate"}
    assert facts["promotions"][0]["reason"] == "bootstrap"
    assert len(facts["promotions"]) == 2
    assert 0 < len(facts["rejections"]) <= len(runs) - 2


def test_the_first_training_starts_when_a_lookback_of_bars_exists(place: Path, facts: Facts) -> None:
    stock = market(candles.settings(place), candles.scope(), candles.written(place))
    first = next(bar.at for bar in stock.tape for row in bar.rows if row.usable)
    assert facts["trainings"][0]["as_of"] == first + 4 * 24 * candles.HOUR * 1_000_000


def test_loop_and_schedules_are_scored_on_the_same_rows(place: Path, facts: Facts) -> None:
    start = facts["trainings"][0]["as_of"]
    stock = market(candles.settings(place), candles.scope(), candles.written(place))
    later = sum(outcome.predicted_at > start for bar in stock.tape for outcome in bar.matured)
    assert facts["rows"] == {"lightgbm": later}
    assert facts["schedule_trainings"] == {"lightgbm": {"never": 1, "every_7d": 2}}  # at days 4 and 11 of 15
    assert len(set(facts["loss"]["lightgbm"].values())) == 4


def test_the_settings_in_force_are_in_the_report(facts: Facts) -> None:
    told = facts["settings"]
    assert (told["training_lookback_days"], told["seed"], told["models"]) == (4, 1, ["lightgbm"])
    assert told["training_params"]["lightgbm"]["n_estimators"] == 10


def test_a_market_names_its_symbols_and_columns_and_has_its_own_clock(place: Path) -> None:
    found = market(candles.settings(place), candles.scope(), candles.written(place)).scope
    assert (found.symbols, found.clock) == (candles.SYMBOLS, "event")
    ((_, columns),) = found.schemas.items()
    engineer = bootstrap.workshop(candles.settings(place), found).engineer
    assert columns == tuple(engineer.get_feature_names())
