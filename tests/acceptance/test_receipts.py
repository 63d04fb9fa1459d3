"""Every decision of a loop under ``sequential`` follows from its own record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clm.data.synthetic import synthetic_bars
from clm.decisions.receipts import receipt
from clm.records import Decision, Head, log_sha256
from worker import bootstrap
from worker.market import market
from worker.replay import play
from worker.settings import Settings, load

pytestmark = pytest.mark.slow

HOUR = 3600
BOOSTER = {"n_estimators": 15, "max_depth": 3, "learning_rate": 0.1, "anchor": "mean"}
SETTING: dict[str, Any] = {
    "policy": "sequential",
    "models": ["lightgbm", "xgboost"],
    "training_lookback_days": 20,
    "retrain_interval_days": 5,
    "cooldown_hours": 12,
    "decay_between_alarms_days": 2.0,
    "false_discovery_rate": 0.5,
    "training_params": {"xgboost": BOOSTER, "lightgbm": {**BOOSTER, "min_data_in_leaf": 5}},
}
"""Two months of hourly bars under these bring every kind of decision but a rollback."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[Decision], list[Decision]]:
    """Settings, the decisions of a loop, and those derived again from its stream."""
    path: Path = tmp_path_factory.mktemp("receipts") / "bars.parquet"
    synthetic_bars(("A", "B"), 1600, seed=5, bar_seconds=HOUR).to_parquet(path)
    settings = load(defaults=SETTING)
    scope = settings.replay_scope(name="receipts", bar_seconds=HOUR, target="log_volume", horizon=1)
    stock = market(settings, scope, path)
    stage = bootstrap.memory_stage(stock.scope)
    decisions = play(settings, stock, stage).decisions
    return settings, decisions, list(bootstrap.derived(stage, settings.policy()))


def test_every_decision_follows_from_its_record(
    played: tuple[Settings, list[Decision], list[Decision]],
) -> None:
    settings, decisions, _ = played
    assert {each.kind for each in decisions} >= {"retrain", "suppressed", "promote", "reject", "passed"}
    assert {each.trigger for each in decisions} >= {"time", "regime_shift", "performance_decay"}
    found = {each.id: receipt(each, settings.policy()).faults for each in decisions}
    assert found == dict.fromkeys(found, ())


def test_a_trial_that_promotes_tells_the_figure_that_passed_its_limit(
    played: tuple[Settings, list[Decision], list[Decision]],
) -> None:
    _, decisions, _ = played
    won = [each for each in decisions if each.kind == "promote" and "duel" in each.evidence]
    assert won
    assert all((each.statistic or 0.0) >= (each.limit or 0.0) > 0.0 for each in won)


@pytest.mark.parametrize("kind", ["promote", "reject", "passed"])
def test_a_verdict_whose_sums_were_forged_does_not_follow(
    played: tuple[Settings, list[Decision], list[Decision]], kind: str
) -> None:
    settings, decisions, _ = played
    told = next(
        each for each in decisions if each.kind == kind and {"duel", "probation"} & set(each.evidence)
    )
    sums = told.evidence.get("duel") or told.evidence["probation"]
    name = "state" if "duel" in told.evidence else "duel"
    forged = {**sums, name: [1.5 * each for each in sums[name]]}
    where = "duel" if "duel" in told.evidence else "probation"
    evidence = {**told.evidence, where: forged}
    altered = Head().chain(replace(told, evidence=evidence, inputs_sha256=""))
    assert receipt(altered, settings.policy()).faults


def test_every_decision_follows_from_the_stream(
    played: tuple[Settings, list[Decision], list[Decision]],
) -> None:
    _, decisions, again = played
    assert log_sha256(again) == log_sha256([each for each in decisions if each.role != "registry"])
