"""A small campaign of kills: processes of two scopes, killed again and again, end like an unbroken run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.bus.campaign import ROLES, Campaign, Plan
from tests.faults.bus.judge import Judgement
from tests.faults.bus.kills import campaign
from tests.faults.bus.server import Server

PLAN = Plan(seed=5, bars=70, kills=12, seconds=7.0)
SCOPES = 2

Ended = tuple[Campaign, list[Judgement]]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    place = tmp_path_factory.mktemp("kills")
    with Server(place / "server") as server:
        yield campaign(PLAN, SCOPES, server, place)


def test_every_role_was_killed_and_decided(ended: Ended) -> None:
    done, found = ended
    assert sum(done.kills.values()) == PLAN.kills
    assert min(done.kills[role] for role in ROLES) > 0
    kinds = {kind for each in found for kind in each.facts["decisions"]}
    assert kinds >= {"watcher retrain", "shadow promote", "registry promoted"}


def test_every_event_counts_once(ended: Ended) -> None:
    assert [line for each in ended[1] for line in each.counts] == []


def test_the_log_is_that_of_an_unbroken_run_and_its_chains_are_whole(ended: Ended) -> None:
    assert [line for each in ended[1] for line in each.log] == []


def test_the_state_is_that_of_an_unbroken_run(ended: Ended) -> None:
    assert [line for each in ended[1] for line in each.state] == []


def test_every_decision_run_and_move_happens_once(ended: Ended) -> None:
    assert [line for each in ended[1] for line in each.twice] == []
