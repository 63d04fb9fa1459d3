"""The whole loop in one process, under the events' own clock: the same folds and steps as the workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clm.errors import Unsettled
from clm.ports import RunRecord
from clm.replay.tape import Bar, Tape
from clm.replay.trader import PaperTrader
from clm.steps.consume import Consumer
from clm.steps.dispatch import Dispatcher

MAX_ROUNDS = 1000
"""Rounds of one bar before the loop is taken to be going in circles."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What turns after each bar until nothing is left to do."""

    trader: PaperTrader
    publish: Callable[[], object]  # send what the trader published
    consumers: tuple[Consumer, ...]  # watcher and shadow
    dispatcher: Dispatcher
    jobs: Callable[[], list[RunRecord]]  # work off the queue; the runs that ended
    refresh: Callable[[], None]  # the trader looks which versions are live

    def run(self, tape: Tape, progress: Callable[[Bar], None] = lambda _: None) -> None:
        """Play the tape to its end."""
        for bar in tape:
            self.trader.meet(bar)
            self.publish()
            self.settle()
            progress(bar)

    def settle(self) -> None:
        """Fold, dispatch and train until nothing moves, then let the trader swap."""
        for _ in range(MAX_ROUNDS):
            moved = sum(consumer.step() for consumer in self.consumers)
            moved += self.dispatcher.step() + len(self.jobs())
            if not moved:
                self.refresh()
                return
        raise Unsettled(f"the loop did not settle within {MAX_ROUNDS} rounds of one bar: see its decisions")
