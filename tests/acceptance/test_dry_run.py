"""A policy beside the acting one records what it would have done, and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clm.decisions.chains import broken_links
from clm.decisions.contrast import contrast
from clm.decisions.receipts import receipt
from clm.events import Event, Run
from clm.records import Decision
from tests.acceptance.site import Site
from worker import bootstrap, replay
from worker.stage import Stage

ONE = {"models": ["xgboost"]}
BARS = 200
DRY = {"policy": "sequential", "retrain_interval_days": 4}
ALL = 100_000


def played(site: Site) -> Stage:
    stage = bootstrap.memory_stage(site.market.scope)
    replay.play(site.settings, site.market, stage)
    return stage


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Stage, Stage]:
    """The same market without a dry run, and with one."""
    places = [tmp_path_factory.mktemp(name) for name in ("plain", "beside")]
    plain = Site(places[0], "unix:///nowhere", changes=ONE, bars=BARS)
    beside = Site(places[1], "unix:///nowhere", changes={**ONE, "dry_run": DRY}, scope=plain.scope, bars=BARS)
    return beside, played(plain), played(beside)


def log(stage: Stage) -> list[Decision]:
    return [each for _, each in stage.decisions.read("0-0", ALL)]


def events(site: Site, stage: Stage) -> list[Event]:
    """What was recorded, but for the processor time that trainings happened to take."""
    found = bootstrap.recorded(stage, site.settings.policy())
    return [replace(each, cpu_seconds=None) if isinstance(each, Run) else each for each in found]


def dry_log(site: Site, stage: Stage) -> list[Decision]:
    policy = site.settings.dry_policy()
    assert policy is not None
    return log(bootstrap.dry_stage(stage, policy))


def test_the_acting_log_is_the_same_to_the_byte(both: tuple[Site, Stage, Stage]) -> None:
    site, without, beside = both
    assert [each.logged() for each in log(beside)] == [each.logged() for each in log(without)]
    assert events(site, beside) == events(site, without)


def test_what_it_would_have_done_stands_in_a_log_of_its_own(both: tuple[Site, Stage, Stage]) -> None:
    site, _, stage = both
    made = dry_log(site, stage)
    assert {each.role for each in made} == {"watcher", "shadow"}
    assert {each.policy for each in made} == {"sequential"}
    assert broken_links(made) == []
    retrains = [sum(each.kind == "retrain" for each in some) for some in (log(stage), made)]
    assert retrains[0] > retrains[1] > 0  # every four days instead of every two


def test_the_dry_log_follows_from_the_recorded_events_whenever_it_joins(
    both: tuple[Site, Stage, Stage],
) -> None:
    """A dry run that begins when all is over folds the history first, and comes to the same log."""
    site, without, stage = both
    policy = site.settings.dry_policy()
    assert policy is not None
    for late in (bootstrap.dry_watcher(without, policy), bootstrap.dry_shadow(without, policy)):
        assert late.recover() == "joined"
    for role in ("watcher", "shadow"):
        again, live = (
            [each.canonical() for each in dry_log(site, some) if each.role == role]
            for some in (without, stage)
        )
        assert again == live != []


def test_what_differs_can_be_told_by_model_type(both: tuple[Site, Stage, Stage]) -> None:
    site, _, stage = both
    acting, dry = log(stage), dry_log(site, stage)
    (found,) = contrast(acting, dry)
    counts = [sum(each.kind == "retrain" for each in some) for some in (acting, dry)]
    assert (found.model_type, list(found.decided)) == ("xgboost", counts)
    assert found.promoted[0] == sum(each.kind == "promote" for each in acting)


def test_every_record_of_it_can_be_computed_again(both: tuple[Site, Stage, Stage]) -> None:
    site, _, stage = both
    policy = site.settings.dry_policy()
    assert policy is not None
    assert [receipt(each, policy).faults for each in dry_log(site, stage)] == [()] * len(dry_log(site, stage))
