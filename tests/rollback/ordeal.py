"""An ordeal: a market that turns, played to real processes, whose server may be killed in the middle."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from clm.decisions.chains import broken_links, unmoved
from clm.decisions.route import Route
from clm.decisions.ruling import ROLLBACK
from clm.records import PROMOTED, REGISTRY, ROLLED_BACK, Decision
from clm.replay.trader import Told
from tests.acceptance.crew import Crew
from tests.acceptance.player import Player
from tests.programs import server_in
from tests.rollback.turned import HISTORY, Turned
from worker import bootstrap

AWAY = 3
"""Bars that the trader meets while the server is away."""


@dataclass(frozen=True)
class Account:
    """What an ordeal left."""

    market: Turned
    decisions: Sequence[Decision]
    route: Route
    told: Sequence[tuple[int, Told]]  # every prediction that the trader made, with its bar's number
    outcomes: int  # that the trader observed
    predictions: int  # in the recorded stream, each counted once
    joined: int  # that met their outcome there
    quarantined: int
    faults: Sequence[str]  # of the decision log
    killed: bool = False  # whether the server was
    behind: Sequence[int] = ()  # bars with another version than was active when they began

    @cached_property
    def served(self) -> dict[int, set[str]]:
        """Bar -> the versions that the trader's predictions of it name."""
        bars: dict[int, set[str]] = {}
        for number, told in self.told:
            bars.setdefault(number, set()).add(told.version)
        return bars

    @property
    def actors(self) -> set[str]:
        """Who decided anything."""
        return {each.actor for each in self.decisions}

    @property
    def rolled_back(self) -> bool:
        """Whether what served before the winner is active again, and the winner locked out.

        That is naive where the first version had been rolled back as well.
        """
        moves = [(each.kind, each.version) for each in self.decisions if each.role == REGISTRY]
        if len(moves) < 3:
            return False
        (_, before), (won, winner), (back, served) = moves[-3:]
        told = (won, back, served) == (PROMOTED, ROLLED_BACK, before)
        return told and (self.route.active, self.route.locked_out[-1:]) == (before, (winner,))

    @property
    def lost(self) -> int:
        """Predictions and outcomes that the trader told and the record does not hold."""
        return len(self.told) - self.predictions + self.outcomes - self.joined + self.quarantined


def lived(market: Turned, directory: Path, killed_at: int | None = None) -> Account:
    """Play a market from the end of its history to its last bar.

    Parameters:
        killed_at: bar at which the server is killed, to be away for the next ones; None: it lives. At the bar
            at which it is decided to roll back it dies between the decision and the move.
    """
    home = directory / "server"
    server = server_in(home)
    site, behind = market.site(directory / "site", server.start()), list[int]()
    try:
        with Crew(site) as crew, Player(crew, HISTORY) as player:
            while player.played < len(site.market.tape):
                number, active = player.played, player.active(market.model_type)
                if number == killed_at:
                    _until_decided(player, frozen=number == market.lost)
                else:
                    player.publish()
                if player.handle.version(market.model_type) != active:
                    behind.append(number)
                if number == killed_at:
                    os.kill(int((home / "valkey.pid").read_text()), signal.SIGKILL)
                    server.stop()
                    crew.send("dispatcher", signal.SIGCONT)
                    for _ in range(AWAY):
                        player.meet()
                    server = server_in(home)
                    server.start()
                    player.send()
                if number in market.busy or number >= min(market.won, killed_at or market.won):
                    player.settle()
            player.settle()
            return replace(_account(market, player), killed=killed_at is not None, behind=behind)
    finally:
        server.stop()


def _until_decided(player: Player, *, frozen: bool) -> None:
    """Publish the next bar; with the dispatcher frozen, until a rollback is decided but not carried out."""
    player.settle()
    if frozen:
        player.crew.send("dispatcher", signal.SIGSTOP)
    player.publish()
    if frozen:
        player.until(partial(_rollback_is_decided, player), "a rollback to be decided")


def _rollback_is_decided(player: Player) -> bool:
    return any(each.kind == ROLLBACK for each in player.decisions("shadow"))


def _account(market: Turned, player: Player) -> Account:
    stage, policy = player.stage, player.crew.site.settings.policy()
    facts, log = bootstrap.facts(stage, policy), player.decisions()
    routes = {each.value: stage.registry.route(each) for each in policy.models}
    numbers = {bar.at: number for number, bar in enumerate(player.crew.site.market.tape)}
    told = [each for each, _ in player.trader.ledger] + player.trader.waiting
    return Account(
        market=market,
        decisions=log,
        route=routes[market.model_type.value],
        told=[(numbers[each.at], each) for each in told],
        outcomes=len(player.trader.ledger),
        predictions=facts["predictions"],
        joined=facts["joined"],
        quarantined=facts["quarantined"],
        faults=[*broken_links(log), *unmoved(log, routes), *bootstrap.underived(stage, policy, log)],
    )
