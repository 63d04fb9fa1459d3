"""The whole loop with stages: winners serve some symbols first, and every step follows from the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from clm.decisions.chains import broken_links, unmoved
from clm.decisions.route import Route
from clm.errors import ConfigurationError, UnknownVersion
from clm.events import Prediction
from clm.model import NAIVE, ModelType
from clm.records import Decision
from tests.acceptance.site import SYMBOLS, Site
from worker import bootstrap, replay
from worker.stage import Stage

STAGES = {"canary_shares": [0.5], "canary_hours": 6, "min_effective_outcomes": 5}
BARS = 330
"""Two weeks: a stage lasts thirteen bars at least."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Stage]:
    site = Site(tmp_path_factory.mktemp("stages"), "unix:///nowhere", changes=STAGES, bars=BARS)
    stage = bootstrap.memory_stage(site.market.scope)
    replay.play(site.settings, site.market, stage)
    return site, stage


def decisions(stage: Stage, role: str) -> list[Decision]:
    return [each for _, each in stage.decisions.read("0-0", 100_000) if each.role == role]


def test_no_version_serves_all_symbols_before_it_has_served_some(played: tuple[Site, Stage]) -> None:
    moves = decisions(played[1], "registry")
    promoted = [(each.model_type, each.version) for each in moves if each.kind == "promoted"]
    tried = [(each.model_type, each.version) for each in moves if each.kind == "canary"]
    assert len(promoted) > 2
    assert set(promoted) <= set(tried)


def test_a_canary_published_for_its_own_symbols_and_for_no_other(played: tuple[Site, Stage]) -> None:
    site, stage = played
    first, *later = (each for each in decisions(stage, "registry") if each.model_type == "xgboost")
    end = next(each.at for each in later if each.kind in ("promoted", "canary_aborted"))
    salt = first.evidence["salt"]
    route = Route(active=NAIVE, canary=first.version, share=0.5, salt=salt)
    recorded = bootstrap.recorded(stage, site.settings.policy())
    forecasts = [each for each in recorded if isinstance(each, Prediction) and each.at <= end]
    own = {each.symbol for each in forecasts if (each.model_type, each.version) == ("xgboost", first.version)}
    assert own == {symbol for symbol in SYMBOLS if route.serves(symbol) == first.version}


def test_every_step_follows_from_the_recorded_events(played: tuple[Site, Stage]) -> None:
    site, stage = played
    log = [each for _, each in stage.decisions.read("0-0", 100_000)]
    assert len(decisions(stage, "rollout")) > 2
    assert bootstrap.underived(stage, site.settings.policy(), log) == []
    routes = {each.value: stage.registry.route(each) for each in ModelType}
    assert broken_links(log) + unmoved(log, routes) == []


def test_the_same_stages_are_gone_through_again(played: tuple[Site, Stage], tmp_path: Path) -> None:
    site = Site(tmp_path, "unix:///nowhere", changes=STAGES, scope=played[0].scope, bars=BARS)
    stage = bootstrap.memory_stage(site.market.scope)
    replay.play(site.settings, site.market, stage)
    for role in ("rollout", "registry"):
        again = [each.canonical() for each in decisions(stage, role)]
        assert again == [each.canonical() for each in decisions(played[1], role)]


def test_a_canary_and_the_version_beside_it_are_compared_on_the_same_events(
    played: tuple[Site, Stage],
) -> None:
    site, stage = played
    version = next(each.version for each in decisions(stage, "registry") if each.kind == "canary")
    policy, model = site.settings.policy(), ModelType.XGBOOST
    found = bootstrap.compared(stage, policy, model, (NAIVE, str(version)), 0, 0.05)
    first, second = found["first"], found["second"]
    assert (first["version"], second["version"]) == (NAIVE, version)
    assert found["effect"] == pytest.approx(second["mae"] / first["mae"] - 1)
    assert found["pairs"] > second["published"] > 0 < first["published"]
    assert found["low"] < found["effect"] < found["high"]
    again = bootstrap.compared(stage, policy, model, (str(version), NAIVE), 0, 0.05)
    assert (again["first"], again["second"], again["pairs"]) == (second, first, found["pairs"])


def test_only_two_versions_that_are_kept_can_be_compared(played: tuple[Site, Stage]) -> None:
    site, stage = played
    with pytest.raises(ConfigurationError, match="both are naive"):
        bootstrap.compared(stage, site.settings.policy(), ModelType.XGBOOST, (NAIVE, NAIVE), 0, 0.05)
    with pytest.raises(UnknownVersion):
        bootstrap.compared(stage, site.settings.policy(), ModelType.XGBOOST, (NAIVE, "v9"), 0, 0.05)
