"""``clm demo``: a paper trader replays years of real daily prices through separate processes.

The trader goes in lock step: it publishes the next bar only when watcher, shadow and dispatcher have
folded the last one and no run is open, so that the replay is repeatable.
"""

from __future__ import annotations

import argparse
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from clm.errors import ClmError, ConfigurationError
from clm.replay import schedules
from clm.replay.report import Played, report
from clm.replay.tape import Bar
from clm.replay.trader import PaperTrader
from worker import bootstrap, screen
from worker.market import Market, market
from worker.processes import Family
from worker.replay import played, silent
from worker.replay_command import as_json
from worker.rivals import NETWORKS, Rivals
from worker.settings import SAMPLE, Settings, load
from worker.stage import Stage

SCOPE = "demo"
CONFIG = Path(__file__).with_name("demo.yaml")
QUICK_SECONDS, SLOW_SECONDS = 0.0005, 0.02
"""Pauses between two looks: a bar settles in a few milliseconds, one with a training in seconds."""

PATIENCE_SECONDS = 120.0
"""How long one bar may take to settle, trainings included."""


class Stuck(ClmError):
    """The processes did not settle after a bar."""


def demo(arguments: argparse.Namespace) -> int:
    """Run everything: server, processes, trader, comparison, report."""
    settings = _settings(arguments)
    began, home = time.monotonic(), settings.home / "demo"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    own = settings.placed(home=home)
    threading.Thread(target=bootstrap.preload, args=(own.policy().models,), daemon=True).start()
    with bootstrap.server(own) as url:
        here = own.placed(redis_url=url)
        stock, stage = _open(here)
        with Family(["watcher", "shadow", "dispatcher", "worker"], own, url, home / "logs") as family:
            facts = _facts(here, stock, stage, family)
    place = home / "report.json"
    place.write_text(as_json(facts))
    if arguments.json:
        print(as_json(facts))
    else:
        screen.final(facts, time.monotonic() - began, place)
    return 0 if screen.complete(facts) else 1


def trader(arguments: argparse.Namespace) -> int:
    """Only the paper trader, against processes that run already."""
    settings = _settings(arguments)
    done = _play(settings, *_open(settings), silent)
    print(as_json(report(done)) if arguments.json else screen.table(report(done)))
    return 0


def _open(settings: Settings) -> tuple[Market, Stage]:
    """The market, and the stage on the server.

    Raises:
        ConfigurationError: the scope has been played on this server.
    """
    stock = market(settings, settings.scope_of(settings.scope), SAMPLE)
    stage = bootstrap.redis_stage(settings, stock.scope)
    if stage.events.last_id() != "0-0":
        raise ConfigurationError(
            f"scope {settings.scope} has events on this server already: use a fresh one, or set --scope"
        )
    return stock, stage


def _facts(settings: Settings, stock: Market, stage: Stage, family: Family) -> dict[str, Any]:
    models = settings.policy().models
    plan = {each: schedules.every(365 if each in NETWORKS else 180) for each in models}
    with (
        Rivals(settings, settings.scope_of(settings.scope), SAMPLE, plan) as rivals,
        screen.Live(stage, len(stock.tape), models) as live,
    ):

        def progress(bar: Bar) -> None:
            family.revive()
            rivals.look(stage.runs.list)
            live.show(bar)

        done = _play(settings, stock, stage, progress)
        live.waiting("comparing with fixed schedules")
        return report(replace(done, outturns=rivals.outturns(done.runs)))


def _play(settings: Settings, stock: Market, stage: Stage, progress: Callable[[Bar], None]) -> Played:
    handle = bootstrap.handle(stage, settings.policy().models)
    with bootstrap.publisher(settings, stage) as publisher:
        paper = PaperTrader(stock.tape, publisher, handle, stock.scope.horizon)
        for bar in stock.tape:
            paper.meet(bar)
            if not publisher.flush(PATIENCE_SECONDS):
                raise Stuck(f"bar {bar.at} could not be published: {dict(publisher.errors)}")
            _settle(stage, bar)
            handle.refresh()
            progress(bar)
    return played(settings, stage, paper)


def _settle(stage: Stage, bar: Bar) -> None:
    """Wait until every process has folded the bar and nothing is open."""
    began = time.monotonic()
    while not stage.progress.settled():
        waited = time.monotonic() - began
        if waited > PATIENCE_SECONDS:
            raise Stuck(
                f"bar {bar.at} did not settle in {PATIENCE_SECONDS:g} s: see the logs of the processes in "
                ".clm/demo/logs"
            )
        time.sleep(QUICK_SECONDS if waited < SLOW_SECONDS else SLOW_SECONDS)


def _settings(arguments: argparse.Namespace) -> Settings:
    return load(config=arguments.config or str(CONFIG), scope=arguments.scope or SCOPE)
