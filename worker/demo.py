"""``clm demo``: a paper trader replays years of real daily prices through separate processes.

The trader goes in lock step: it publishes the next bar only when watcher, shadow and dispatcher have
folded the last one and no run is open, so that the replay is repeatable.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clm.errors import ClmError
from clm.model import ModelType
from clm.replay import schedules
from clm.replay.report import Played, first_training, report
from clm.replay.schedules import Outturn, Schedule
from clm.replay.tape import Bar
from clm.replay.trader import PaperTrader
from worker import bootstrap, screen
from worker.processes import Family
from worker.replay import Market, compare as run_schedules, market
from worker.settings import Settings, load
from worker.stage import Stage

SCOPE = "demo"
CONFIG = Path(__file__).with_name("demo.yaml")
WEB = frozenset({ModelType.NHITS, ModelType.PATCHTST})
"""The networks: dearer, so compared with a yearly schedule instead of a half-yearly one."""

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

    @property
    def outturns(self) -> Path:
        """What the fixed schedules brought, written by their own process."""
        return self.home / "schedules.json"


def demo(arguments: argparse.Namespace) -> int:
    """Run everything: server, processes, trader, comparison, report."""
    settings = _settings(arguments)
    places = Places(settings.home / "demo")
    shutil.rmtree(places.home, ignore_errors=True)
    places.home.mkdir(parents=True)
    bootstrap.write_sample(places.market)
    began = time.monotonic()
    own = settings.placed(data=str(places.market), home=places.home)
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


def compare(arguments: argparse.Namespace) -> int:
    """The fixed schedules, in a process of their own on the other core."""
    settings = _settings(arguments)
    starts = {ModelType(name): start for name, start in json.loads(arguments.starts).items()}
    stock = _stock(settings, Places(settings.home))
    rows = [
        {**vars(each), "model_type": each.model_type.value}
        for each in run_schedules(stock, starts, {each: [_plan(each)] for each in starts})
    ]
    out = Path(arguments.out)
    out.with_suffix(".part").write_text(json.dumps(rows))
    out.with_suffix(".part").replace(out)
    return 0


def _facts(settings: Settings, stock: Market, stage: Stage, family: Family, places: Places) -> dict[str, Any]:
    rivals = Rivals(settings, stage, places)

    with screen.Live(stage, len(stock.tape), settings.policy().models) as live:

        def progress(bar: Bar) -> None:
            family.revive()
            rivals.look(bar)
            live.show(bar)

        done = _play(settings, stock, stage, progress)
        live.waiting("comparing with fixed schedules")
        outturns = rivals.outturns()
    return report(replace(done, outturns=outturns))


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
    return bootstrap.played(settings, stock.scope, stage, paper)


def _settle(stage: Stage, bar: Bar) -> None:
    """Wait until every process has folded the bar and nothing is open."""
    pause, until = 0.0005, time.monotonic() + PATIENCE_SECONDS
    while not stage.progress.settled():
        if time.monotonic() > until:
            raise Stuck(
                f"bar {bar.at} did not settle in {PATIENCE_SECONDS:g} s: see the logs of the processes in "
                ".clm/demo/logs"
            )
        time.sleep(pause)
        pause = min(pause * 1.5, 0.01)


class Rivals:
    """The fixed schedules: started in their own process when every model type has its first training."""

    def __init__(self, settings: Settings, stage: Stage, places: Places) -> None:
        self._settings, self._stage, self._places = settings, stage, places
        self._process: subprocess.Popen[bytes] | None = None

    def look(self, bar: Bar) -> None:
        """Start the comparison as soon as it is known from when on."""
        if self._process is not None:
            return
        runs = self._stage.runs.list(100)
        starts = {each.value: first_training(runs, each.value) for each in self._settings.policy().models}
        if all(start is not None for start in starts.values()):
            self._start(starts)

    def _start(self, starts: dict[str, int | None]) -> None:
        command = [sys.executable, "-m", "worker", "compare", "--starts", json.dumps(starts)]
        log = (self._places.home / "logs" / "compare.log").open("ab")
        self._process = subprocess.Popen(
            [*command, "--out", str(self._places.outturns)],
            env=self._settings.child_environment(),
            stdout=log,
            stderr=log,
        )

    def outturns(self) -> list[Outturn]:
        """Wait for the comparison; nothing if it never began."""
        if self._process is None:
            return []
        if self._process.wait() != 0:
            raise Stuck("the comparison failed: see .clm/demo/logs/compare.log")
        rows = json.loads(self._places.outturns.read_text())
        return [Outturn(**{**row, "model_type": ModelType(row["model_type"])}) for row in rows]


def _plan(model_type: ModelType) -> Schedule:
    return schedules.every(365 if model_type in WEB else 180)


def _stock(settings: Settings, places: Places) -> Market:
    return market(settings, settings.scope_of(SCOPE), str(places.market))


def _settings(arguments: argparse.Namespace) -> Settings:
    return load(config=arguments.config or str(CONFIG), scope=arguments.scope or SCOPE)
