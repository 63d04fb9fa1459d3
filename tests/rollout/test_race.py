"""Eight promoters race, some are killed: one order explains what they saw, and the log is what happened."""

from __future__ import annotations

import pytest

from tests.rollout.campaign import Seen, histories

pytestmark = pytest.mark.server

SHORT = 25
"""Histories. The planted registry shows itself in half of them."""


@pytest.fixture(scope="module")
def raced(server_url: str) -> Seen:
    return histories(server_url, "race", SHORT, seed=1)


def test_promoters_raced_and_some_were_killed_in_the_middle_of_a_call(raced: Seen) -> None:
    assert min(each["moves"] for each in raced) > 0
    assert sum(each["killed"] for each in raced) > 0
    assert sum(each["unfinished"] for each in raced) > 0


def test_every_history_is_linearizable(raced: Seen) -> None:
    assert [each for each in raced if not each["linearizable"]] == []


def test_route_log_events_and_statuses_agree_after_every_race(raced: Seen) -> None:
    assert [each["faults"] for each in raced if each["faults"]] == []


def test_a_registry_that_is_not_atomic_is_caught(server_url: str) -> None:
    torn = histories(server_url, "torn", SHORT, seed=1, planted="torn")
    assert [each for each in torn if not each["linearizable"]] != []
    assert [each for each in torn if each["faults"]] != []
