"""``clm replay``: the whole loop over a file of candles, in one process, beside fixed schedules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from clm.model import ModelType
from clm.replay import schedules
from clm.replay.engine import Engine
from clm.replay.report import Played, first_training, report
from clm.replay.schedules import Outturn, Schedule
from clm.replay.tape import Bar, Tape, record
from clm.replay.trader import PaperTrader
from clm.replay.volatility import label
from clm.scope import Scope
from clm.steps.consume import Consumer
from worker import bootstrap
from worker.settings import Settings
from worker.stage import Stage

Progress = Callable[[Bar], None]


@dataclass(frozen=True, kw_only=True)
class Market:
    """Recorded bars, ready to be played."""

    scope: Scope
    tape: Tape
    field: schedules.Field


def market(settings: Settings, scope: Scope, path: str) -> Market:
    """Read a file of candles; the scope comes back with its symbols, schema and history."""
    client = bootstrap.bars(path, scope)
    workshop = bootstrap.workshop(settings, scope)
    bars = client.bars
    frame = workshop.engineer.transform(bars)
    tape = record(frame, workshop.engineer, label(bars, scope.bar_seconds))
    whole = replace(
        scope,
        symbols=tape.symbols,
        schemas={tape.schema: tape.columns},
        clock="event",
    )
    field = schedules.Field(
        frame=frame,
        workshop=workshop,
        data=client.bound,
        predict=bootstrap.predict_rows,
        clocks=bootstrap.clocks,
    )
    return Market(scope=whole, tape=tape, field=field)


def play(settings: Settings, market: Market, progress: Progress = lambda bar: None) -> Played:
    """Play the loop in memory; deterministic for the settings' seed."""
    stage = bootstrap.memory_stage(market.scope)
    policy = settings.policy()
    watcher = bootstrap.watcher(stage, policy)
    shadow = bootstrap.shadow(stage, policy)
    publisher = bootstrap.memory_publisher(stage, f"replay-{settings.seed}")
    handle = bootstrap.handle(stage, policy.models)
    trader = PaperTrader(market.tape, publisher, handle, market.scope.horizon)
    engine = Engine(
        trader=trader,
        consumers=(watcher, shadow),
        dispatcher=bootstrap.dispatcher(stage),
        jobs=bootstrap.inline_jobs(stage, market.field.workshop, market.field.data),
        refresh=handle.refresh,
    )
    engine.run(market.tape, progress)
    return played(settings, market, stage, watcher, trader)


def played(
    settings: Settings, market: Market, stage: Stage, watcher: Consumer, trader: PaperTrader
) -> Played:
    """What a finished replay left, without the schedules beside it."""
    join = watcher.fold.join  # type: ignore[attr-defined]
    rows = stage.decisions.read("0-0", 1_000_000)
    return Played(
        scope=market.scope.name,
        target=market.scope.target,
        horizon=market.scope.horizon,
        settings=settings.facts(),
        events={
            "predictions": join.predictions,
            "outcomes": len(trader.ledger),
            "joined": join.joined,
            "quarantined": watcher.quarantined,
        },
        decisions=[decision for _, decision in rows],
        runs=sorted(stage.runs.list(1_000_000), key=lambda each: (each.as_of, each.run)),
        ledger=trader.ledger,
        outturns=(),
    )


def compare(
    market: Market, starts: dict[ModelType, int], plans: dict[ModelType, list[Schedule]]
) -> list[Outturn]:
    """Run the schedules of each model type from its first training on.

    Parameters:
        starts: as_of of the first training, µs.
    """
    return [
        schedules.run(plan, model_type, start, market.field)
        for model_type, start in starts.items()
        for plan in (Schedule(schedules.NEVER, None), *plans[model_type])
    ]


def run(settings: Settings, scope: Scope, path: str, progress: Progress) -> dict[str, Any]:
    """The whole command: play, compare with ``every_7d``, report."""
    stock = market(settings, scope, path)
    done = play(settings, stock, progress)
    firsts = {each: first_training(done.runs, each.value) for each in settings.policy().models}
    starts = {each: start for each, start in firsts.items() if start is not None}
    weekly = {each: [schedules.every(7)] for each in starts}
    return report(replace(done, outturns=compare(stock, starts, weekly)))

