"""A player: the paper trader over a site's tape, in lock step with the site's processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from clm.model import ModelType
from clm.records import Decision
from clm.replay.trader import PaperTrader
from producers import EventPublisher
from tests.acceptance.crew import Crew
from worker import bootstrap

PRODUCER = "tape"
PATIENCE_S = 60.0
ALL = 1_000_000


class Player:
    """Publishes bar by bar; the next one when everything of the last is folded and no run is open.

    Parameters:
        played: bars that are history when it begins.
    """

    def __init__(self, crew: Crew, played: int = 0) -> None:
        site = crew.site
        self.crew, self.stage, self._bars = crew, site.stage, list(site.market.tape)
        self.handle = bootstrap.handle(self.stage, site.settings.policy().models)
        spool = str(site.directory / "spool")
        # Without a thread a bar is sent whole: with one, a busy machine cuts it in two now and then, and a
        # decision between the halves is a right one of another stream than the replay's.
        self.publisher = EventPublisher(site.url, site.scope, p=PRODUCER, spool_dir=spool, background=False)
        tape, horizon = site.market.tape, site.market.scope.horizon
        self.trader = PaperTrader(tape, self.publisher, self.handle, horizon)
        self.played = played  # bars

    def __enter__(self) -> Player:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.publisher.close()

    def play(self, bars: int = ALL, meanwhile: Callable[[int], None] = lambda bar: None) -> None:
        """Play the next bars; ``meanwhile`` is called with each one's number while it is worked on."""
        for bar in self._bars[self.played : self.played + bars]:
            self.publish()
            meanwhile(self.played - 1)
            self.settle()
            assert bar is self._bars[self.played - 1]

    def publish(self) -> None:
        """Publish the next bar and do not wait."""
        self.meet()
        self.send()

    def send(self) -> None:
        """Send what waits."""
        assert self.publisher.flush(PATIENCE_S), self.publisher.errors

    def meet(self) -> None:
        """Let the trader meet the next bar; what it says waits until it can be sent."""
        self.trader.meet(self._bars[self.played])
        self.played += 1

    def settle(self) -> None:
        """Wait until every role has folded everything and no run is open, then let the trader swap."""
        self.until(self.stage.progress.settled, f"bar {self.played} to settle")
        self.until(self.handle.refresh, "the trader to serve what is active")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for something; fails with the logs of the processes."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"waited for {what}\n{self.crew.logs()}"
            time.sleep(0.001)

    def active(self, model_type: ModelType) -> str:
        """The version that the registry routes to."""
        return self.stage.registry.route(model_type).active

    def decisions(self, *roles: str) -> list[Decision]:
        """The decision log, of some roles only if they are named."""
        logged = [decision for _, decision in self.stage.decisions.read("0-0", ALL)]
        return [each for each in logged if not roles or each.role in roles]
