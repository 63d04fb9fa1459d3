"""SIGKILL of watcher, shadow and dispatcher at seeded moments: the log is that of an unbroken run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from clm.records import Decision, Head, log_sha256
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.acceptance.site import Site
from worker import bootstrap, replay
from worker.operations import ALL

ROLES = ("watcher", "shadow", "dispatcher")
PLAYED = 170  # bars
MOMENTS = 2
"""Bars at which every role is killed; each is one at which the unbroken run decides something."""


class Killer:
    """Kills every role while a bar is being worked on, in a seeded order and rhythm, and starts it again.

    Before the last time all are stopped in order: it begins at a saved checkpoint, the ones before at none.
    """

    def __init__(self, player: Player, bars: Sequence[int], seed: int) -> None:
        self._player, self._chance = player, random.Random(seed)
        self._bars = sorted(self._chance.sample(bars, MOMENTS))
        self._orderly = self._bars[-1] - 1
        self.kills = 0

    def __call__(self, bar: int) -> None:
        roles = self._chance.sample(ROLES, len(ROLES))
        if bar == self._orderly:
            self._player.until(self._owned, "an owner of every role")
            self._again(roles, self._player.crew.stop)
        if bar in self._bars:
            self._again(roles, self._kill)

    def _again(self, roles: Sequence[str], end: Callable[[str], object]) -> None:
        for role in roles:
            end(role)
            self._player.crew.start(role)

    def _kill(self, role: str) -> None:
        time.sleep(self._chance.random() * 0.01)
        self._player.crew.kill(role)
        self.kills += 1

    def _owned(self) -> bool:
        stage = self._player.stage
        return all(stage.space.get(stage.keys.lease(role)) is not None for role in ROLES)


@pytest.fixture(scope="module")
def site(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("broken"), server_url)


@pytest.fixture(scope="module")
def unbroken(site: Site) -> list[Decision]:
    """The decisions of the same tape where nothing is killed."""
    played = replay.play(site.settings, site.market, bootstrap.memory_stage(site.market.scope))
    end = site.market.tape.bars[PLAYED - 1].at
    return [each for each in played.decisions if each.at <= end]


@pytest.fixture(scope="module")
def broken(site: Site, unbroken: list[Decision]) -> Iterator[Player]:
    """A run that was broken again and again."""
    decided = {each.at for each in unbroken if each.kind != "suppressed"}
    bars = [number for number, bar in enumerate(site.market.tape.bars[:PLAYED]) if bar.at in decided]
    with Crew(site) as crew, Player(crew) as player:
        killer = Killer(player, bars, seed=11)
        player.play(PLAYED, killer)
        assert killer.kills == MOMENTS * len(ROLES)
        yield player


def test_the_log_equals_that_of_an_unbroken_run(broken: Player, unbroken: list[Decision]) -> None:
    assert log_sha256(broken.decisions()) == log_sha256(unbroken)


def test_no_decision_is_made_twice_and_every_chain_is_whole(broken: Player) -> None:
    heads: dict[str, Head] = {}
    for each in broken.decisions():
        head = heads.get(each.role, Head())
        assert each.intact()
        assert (each.n, each.prev) == (head.n + 1, head.hash)
        heads[each.role] = head.after(each)


def test_every_decision_follows_from_the_stream_that_was_recorded(broken: Player) -> None:
    policy = broken.crew.site.settings.policy()
    assert bootstrap.underived(broken.stage, policy, broken.decisions()) == []


def test_every_retrain_has_one_run_and_every_run_ended(broken: Player) -> None:
    orders = [each.id for each in broken.decisions("watcher") if each.kind == "retrain"]
    runs = broken.stage.runs.list(ALL)
    assert sorted(each.run for each in runs) == sorted(orders)
    assert {each.phase for each in runs} == {"candidate"}


def test_every_promotion_is_carried_out_once(broken: Player) -> None:
    promised = [each.id for each in broken.decisions("shadow") if each.kind == "promote"]
    assert [each.cause for each in broken.decisions("registry")] == promised
