"""``clm demo``: a paper trader replays years of real daily prices through separate processes.

The trader goes in lock step: it publishes the next bar only when watcher, shadow and dispatcher have
folded the last one and no run is open, so that the replay is repeatable.
"""

from __future__ import annotations

import argparse
import json
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clm.errors import ClmError
from clm.model import ModelType
from clm.replay import schedules
from clm.replay.report import Played, report
from clm.replay.schedules import Schedule
from clm.replay.tape import Bar
from clm.replay.trader import PaperTrader
from worker import bootstrap, screen
from worker.processes import Family
from worker.market import Market, market
from worker.replay import played
from worker.rivals import NETWORKS, Rivals
from worker.settings import Settings, load
from worker.stage import Stage

SCOPE = "demo"
CONFIG = Path(__file__).with_name("demo.yaml")
QUICK_SECONDS, SLOW_SECONDS = 0.0005, 0.02
"""Pauses between two looks: a bar settles in a few milliseconds, one with a training in seconds."""

PATIENCE_SECONDS = 120.0
"""How long one bar may take to settle, trainings included."""


class Stuck(ClmError):
    """The processes did not settle after a bar."""


@dataclass(frozen=True)
class Places:
    """Where the demo keeps its files; wiped at each start."""

    home: Path

    @property
    def market(self) -> Path:
        """The sample prices."""
        return self.home / "market.parquet"

    @property
    def report(self) -> Path:
        """All facts as JSON."""
        return self.home / "report.json"


def demo(arguments: argparse.Namespace) -> int:
    """Run everything: server, processes, trader, comparison, report."""
    settings = _settings(arguments)
    places = Places(settings.home / "demo")
    shutil.rmtree(places.home, ignore_errors=True)
    places.home.mkdir(parents=True)
    bootstrap.write_sample(places.market)
    began = time.monotonic()
    own = settings.placed(data=str(places.market), home=places.home)
    threading.Thread(target=bootstrap.preload, args=(own.policy().models,), daemon=True).start()
    with (
        bootstrap.server(own) as url,
        Family(["watcher", "shadow", "dispatcher", "worker"], own, url, places.home / "logs") as family,
    ):
        stock = _stock(own, places)
        stage = bootstrap.redis_stage(own.placed(redis_url=url), stock.scope)
        facts = _facts(own, stock, stage, family, places)
    places.report.write_text(json.dumps(facts, indent=1))
    if arguments.json:
        print(json.dumps(facts, indent=1))
    else:
        screen.final(facts, time.monotonic() - began, places.report)
    return 0 if screen.complete(facts) else 1


def trader(arguments: argparse.Namespace) -> int:
    """Only the paper trader, against processes that run already."""
    settings = _settings(arguments)
    places = Places(settings.home / "demo")
    places.home.mkdir(parents=True, exist_ok=True)
    if not places.market.exists():
        bootstrap.write_sample(places.market)
    stock = _stock(settings, places)
    stage = bootstrap.redis_stage(settings, stock.scope)
    _play(settings, stock, stage, lambda bar: None)
    return 0


def _facts(settings: Settings, stock: Market, stage: Stage, family: Family, places: Places) -> dict[str, Any]:
    models = settings.policy().models
    with (
        Rivals(settings, settings.scope_of(SCOPE), places.market, _plan) as rivals,
        screen.Live(stage, len(stock.tape), models) as live,
    ):

        def progress(bar: Bar) -> None:
            family.revive()
            rivals.look(stage.runs.list)
            live.show(bar)

        done = _play(settings, stock, stage, progress)
        live.waiting("comparing with fixed schedules")
        return report(replace(done, outturns=rivals.outturns(done.runs)))


def _play(
    settings: Settings, stock: Market, stage: Stage, progress: Callable[[Bar], None]
) -> Played:
    handle = bootstrap.handle(stage, settings.policy().models)
    with bootstrap.publisher(settings, stage) as publisher:
        paper = PaperTrader(stock.tape, publisher, handle, stock.scope.horizon)
        for bar in stock.tape:
            paper.meet(bar)
            publisher.flush(PATIENCE_SECONDS)
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


def _plan(model_type: ModelType) -> Schedule:
    return schedules.every(365 if model_type in NETWORKS else 180)


def _stock(settings: Settings, places: Places) -> Market:
    return market(settings, settings.scope_of(SCOPE), str(places.market))


def _settings(arguments: argparse.Namespace) -> Settings:
    return load(config=arguments.config or str(CONFIG), scope=arguments.scope or SCOPE)
