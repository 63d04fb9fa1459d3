"""Every command of the operators, against the processes of a running loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.command import clm
from tests.acceptance.conftest import Finished
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import Site

BARS = 100  # enough for the first models

LOOKS = (
    ("status",),
    ("triggers",),
    ("runs",),
    ("history", "xgboost"),
    ("decisions",),
    ("verify",),
    ("config", "show"),
    ("doctor",),
)


@pytest.fixture(scope="module")
def young(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose first models were just promoted, with its processes up, to be operated on."""
    site = Site(tmp_path_factory.mktemp("young"), server_url)
    with Crew(site) as crew, Player(crew) as player:
        for _ in range(BARS):
            player.publish()
        player.settle()
        yield site


def facts(site: Site, *arguments: str) -> Any:
    """What a command prints as JSON."""
    said = clm(site, *arguments, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


@pytest.mark.parametrize("arguments", LOOKS, ids=" ".join)
def test_each_look_answers_in_words_and_in_json(finished: Finished, arguments: tuple[str, ...]) -> None:
    said = clm(finished.site, *arguments)
    assert (said.code, said.err) == (0, "")
    assert said.out.strip()
    assert facts(finished.site, *arguments)


def test_status_names_the_versions_that_the_registry_routes_to(finished: Finished) -> None:
    moves = finished.player.decisions("registry")
    active = {each.model_type: each.version for each in moves}  # the last of each type stays
    told = facts(finished.site, "status")
    assert {name: info["active_version"] for name, info in told.items()} == active


def test_runs_and_decisions_show_as_many_as_are_asked_for(finished: Finished) -> None:
    assert len(facts(finished.site, "runs", "--limit", "3")) == 3
    newest = facts(finished.site, "decisions", "--limit", "2")
    assert [each["id"] for each in newest] == [d.id for d in finished.player.decisions()[-2:]]


def test_a_retrain_by_hand_is_trained_and_judged_while_the_operator_waits(young: Site) -> None:
    told = facts(young, "retrain", "xgboost", "--reason", "a look", "--wait", "60")
    assert (told["state"], told["failed"]) == ("ended", [])
    newest = facts(young, "runs", "--limit", "1")[0]
    assert (newest["trigger"], newest["model_type"], newest["phase"]) == ("manual", "xgboost", "candidate")


def test_rollback_and_promote_by_hand_move_the_route(young: Site) -> None:
    first = facts(young, "status")["lightgbm"]["active_version"]
    assert facts(young, "rollback", "lightgbm", "--reason", "a look")["version"] == "naive"
    assert facts(young, "status")["lightgbm"]["active_version"] == "naive"
    assert facts(young, "promote", "lightgbm", first)["version"] == first
    assert clm(young, "verify").code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("promote", "xgboost", "v19990101_000000"), "has no version 'v19990101_000000'"),
        (("retrain", "arima"), "'arima' does not exist"),
        (("history", "arima"), "'arima' does not exist"),
        (("status", "--scope", "nowhere"), "nowhere"),
        (("status", "--config", "no-such-file.yaml"), "no-such-file.yaml"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_clear_line_and_exit_1(
    young: Site, arguments: tuple[str, ...], told: str
) -> None:
    said = clm(young, *arguments)
    assert said.code == 1
    assert told in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("promote", "xgboost"), ("runs", "--limit", "x")])
def test_bad_usage_is_exit_2(young: Site, arguments: tuple[str, ...]) -> None:
    assert clm(young, *arguments).code == 2
