"""A replay: the whole loop over a file of candles, in one process, beside fixed schedules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from clm.replay import schedules
from clm.replay.engine import Engine
from clm.replay.report import Played, report
from clm.replay.tape import Bar
from clm.replay.trader import PaperTrader
from clm.scope import Scope
from clm.steps.consume import Consumer
from worker import bootstrap
from worker.market import Market, market
from worker.rivals import Rivals
from worker.settings import Settings
from worker.stage import Stage

ALL = 1_000_000


def run(
    settings: Settings, scope: Scope, path: Path | str, progress: Callable[[Bar], None]
) -> dict[str, Any]:
    """Play, compare with ``never`` and ``every_7d``, report."""
    stock = market(settings, scope, path)
    weekly = {each: schedules.every(7) for each in settings.policy().models}
    with Rivals(settings, scope, path, weekly) as rivals:
        stage = bootstrap.memory_stage(stock.scope)

        def look(bar: Bar) -> None:
            rivals.look(stage.runs.list)
            progress(bar)

        done = play(settings, stock, stage, look)
        return report(replace(done, outturns=rivals.outturns(done.runs)))


def silent(bar: Bar) -> None:
    """Show no progress."""


def play(settings: Settings, stock: Market, stage: Stage, progress: Callable[[Bar], None] = silent) -> Played:
    """Play the loop on a stage in memory; deterministic for the settings' seed."""
    policy = settings.policy()
    publisher = bootstrap.memory_publisher(stage, f"replay-{settings.seed}")
    handle = bootstrap.handle(stage, policy.models)
    trader = PaperTrader(stock.tape, publisher, handle, stock.scope.horizon)
    engine = Engine(
        trader=trader,
        publish=publisher.flush,
        consumers=(
            bootstrap.watcher(stage, policy),
            bootstrap.shadow(stage, policy),
            *([bootstrap.rollout(stage, policy)] if policy.canary_shares else []),
            *_beside(settings, stage),
        ),
        dispatcher=bootstrap.dispatcher(stage, policy=policy),
        jobs=bootstrap.inline_jobs(stage, stock.field.workshop, stock.field.data),
        refresh=handle.refresh,
    )
    engine.run(stock.tape, progress)
    return played(settings, stage, trader)


def _beside(settings: Settings, stage: Stage) -> list[Consumer]:
    """What a dry run folds, where one is configured."""
    policy = settings.dry_policy()
    return (
        [] if policy is None else [bootstrap.dry_watcher(stage, policy), bootstrap.dry_shadow(stage, policy)]
    )


def played(settings: Settings, stage: Stage, trader: PaperTrader) -> Played:
    """What a finished replay left, without the schedules beside it."""
    return Played(
        scope=stage.scope.name,
        target=stage.scope.target,
        horizon=stage.scope.horizon,
        settings=settings.facts(),
        events={**bootstrap.facts(stage, settings.policy()), "outcomes": len(trader.ledger)},
        decisions=[decision for _, decision in stage.decisions.read("0-0", ALL)],
        runs=sorted(stage.runs.list(ALL), key=lambda each: (each.as_of, each.run)),
        ledger=trader.ledger,
        outturns=(),
    )
