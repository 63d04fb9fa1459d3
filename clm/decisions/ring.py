"""The ring: which candidates are in trial, who waits for a place, and who has won and is to be moved."""

from __future__ import annotations

from typing import Any

from clm.decisions.bout import Bout
from clm.decisions.routes import Routes
from clm.decisions.trials import Trials
from clm.errors import ConfigurationError


class Ring:
    """The bouts of a scope.

    Parameters:
        places: trials at a time.
        trials: opens them.
        multiple: of which forecasts are asked for here (``scorer.multiple_of``).
    """

    def __init__(self, places: int, trials: Trials, multiple: int) -> None:
        self.bouts: list[Bout] = []  # waiting and open, in the order they came
        self.won: dict[str, Bout] = {}  # by model type: promote was said, the move has not happened yet
        self._places, self._trials, self._multiple = places, trials, multiple

    @property
    def open(self) -> list[Bout]:
        """The bouts that are being scored."""
        return [bout for bout in self.bouts if bout.trial is not None]

    @property
    def free(self) -> bool:
        """Whether another trial may begin."""
        return len(self.open) < self._places

    def fill(self, routes: Routes, clock: int) -> None:
        """Give free places to those who wait, in order, at an event clock (µs)."""
        for bout in self.bouts:
            if bout.trial is None and self.free:
                self.begin(bout, routes, clock)

    def begin(self, bout: Bout, routes: Routes, clock: int) -> None:
        """Open a bout's trial against the active version, at an event clock (µs)."""
        bout.begin(self._trials.begin(bout.candidate, routes.active(bout.name), clock), self._multiple)

    def leave(self, bout: Bout) -> None:
        """Take a bout out, if it is in."""
        self.bouts = [each for each in self.bouts if each is not bout]

    def state(self) -> dict[str, Any]:
        """Everything in it, as msgpack can carry it."""
        return {
            "bouts": [bout.state() for bout in self.bouts],
            "won": {name: bout.state() for name, bout in self.won.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state.

        Raises:
            ConfigurationError: a trial was begun where forecasts were asked for in other multiples, so that
                their last bits would now be others.
        """
        self.bouts = [Bout.restored(each) for each in state["bouts"]]
        self.won = {name: Bout.restored(each) for name, each in state["won"].items()}
        for bout in self.open:
            if bout.multiple not in (0, self._multiple):
                raise ConfigurationError(
                    f"the trial of {bout.name} {bout.candidate.version} was scored in multiples of "
                    f"{bout.multiple} windows, this program scores in multiples of {self._multiple}, which "
                    "changes the last bits of forecasts: let the program that began the trial end it"
                )
