"""A market whose regime returns: who was best in it comes back, by the shadow and without a fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from clm.data.synthetic import synthetic_bars
from clm.decisions.receipts import receipt
from clm.events import Run
from clm.model import ModelType
from clm.records import Decision
from tests.acceptance.site import Site
from tests.rollback.splice import Leg, spliced
from tests.rollback.turned import EVIDENT, HISTORY
from worker import bootstrap, replay
from worker.stage import Stage

LEGS = (Leg(180, persists=False), Leg(150, persists=True), Leg(170, persists=False))
OTHER = range(180, 330)
"""Bars of the regime in between."""

LONGER = {
    **EVIDENT,
    "models": ["lightgbm"],
    "cooldown_hours": 0,
    "retrain_interval_days": 400,
    "shadow_max_days": 80.0,
}
"""Who is asked back has no hold-out that could teach its duel the variance: that takes 384 pairs."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Stage]:
    candles = spliced(synthetic_bars(("AAA", "BBB", "CCC"), 6000, 3, 3600), LEGS, decks=4, seed=1)
    declared = {
        "symbols": sorted(set(candles["symbol"])),
        "bar_seconds": 86_400,
        "target": "return",
        "history_from": candles["timestamp"].min().date(),
    }
    place: Path = tmp_path_factory.mktemp("regimes")
    site = Site(place, "unix:///nowhere", LONGER, candles=candles, declared=declared)
    labels, tape = ("turning", "persisting"), site.market.tape
    bars = [replace(bar, regime=labels[number in OTHER]) for number, bar in enumerate(tape)]
    market = replace(site.market, tape=replace(tape, bars=tuple(bars[HISTORY:])))
    stage = bootstrap.memory_stage(market.scope)
    replay.play(site.settings, market, stage)
    return site, stage


def decisions(stage: Stage) -> list[Decision]:
    return [each for _, each in stage.decisions.read("0-0", 100_000)]


def test_the_version_that_was_best_is_promoted_again_by_its_shadow(played: tuple[Site, Stage]) -> None:
    log = decisions(played[1])
    first, second, third = [each for each in log if each.kind == "promoted"]
    (asked,) = [each for each in log if each.kind == "recall"]
    assert (asked.evidence["recall"], asked.version) == (first.version, second.version)
    by_id = {each.id: each for each in log}
    verdict = by_id[third.cause]
    assert (third.version, verdict.kind, verdict.cause) == (first.version, "promote", asked.id)
    assert verdict.evidence["shadow"]["decided_by"] == "better"


def test_it_was_a_candidate_at_the_entry_that_asked_for_it_and_nothing_was_fitted(
    played: tuple[Site, Stage],
) -> None:
    site, stage = played
    (asked,) = [each for each in decisions(stage) if each.kind == "recall"]
    events = [each for each in bootstrap.recorded(stage, site.settings.policy()) if isinstance(each, Run)]
    begun, back = [each for each in events if each.run == asked.id]
    assert (begun.phase, back.phase, back.recalled) == ("started", "candidate", asked.id)
    assert back.as_of == asked.at
    assert stage.runs.get(asked.id).cpu_seconds == 0.0
    versions = stage.registry.get_model_history(ModelType.LIGHTGBM, 100)
    assert len(versions) == len([each for each in events if each.phase == "candidate"]) - 1


def test_every_decision_follows_from_the_recorded_events_and_from_its_own_record(
    played: tuple[Site, Stage],
) -> None:
    site, stage = played
    policy, log = site.settings.policy(), decisions(stage)
    assert bootstrap.underived(stage, policy, log) == []
    assert {each.id: receipt(each, policy).faults for each in log} == {each.id: () for each in log}
