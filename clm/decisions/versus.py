"""Versus: two versions of a model type on the same events, whichever of them was published. Pure.

What one of the two published is taken from the event, the naive forecast as well; what it did not publish
comes through the scorer, as in the shadow. Events before the later of both trainings prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clm.decisions.block import Block
from clm.decisions.flow import Flow, Stop
from clm.decisions.forecasts import Forecasts
from clm.decisions.join import Pair
from clm.decisions.names import Key
from clm.decisions.scorer import Scorer, forecast
from clm.errors import UnknownVersion
from clm.events import Event, Outcome, Prediction
from clm.model import NAIVE
from clm.records import Decision
from clm.scope import Scope

if TYPE_CHECKING:  # compiled, so not before it is needed
    from clm.decisions.sequential.effect import Effect


@dataclass(frozen=True)
class Side:
    """One of the two."""

    version: str
    sha256: str = ""  # of its bundle; empty: the naive forecast
    since: int = 0  # as_of of its training, µs


class Versus:
    """Folds a scope's events into pairs of errors.

    Parameters:
        since: event time, µs; earlier predictions do not count.
    """

    def __init__(
        self, scope: Scope, model_type: str, sides: tuple[Side, Side], score: Scorer, since: int = 0
    ) -> None:
        self.model_type, self.sides = model_type, sides
        self.since = max(since, *(each.since for each in sides))
        self.published = [0, 0]  # pairs in which one of them was what the trader published
        self._losses: tuple[list[float], list[float]] = [], []
        self._said = Forecasts(), Forecasts()
        self._symbols, self._horizon = set[str](), 1
        self._score, self._flow = score, Flow(scope, self._told)
        self.names = self._flow.names

    def fold(self, block: Block) -> list[Decision]:
        """Fold a block; it brings no decisions.

        Raises:
            UnknownVersion: one of the two can be asked no more, and why.
            UnreachableServer, RefusedByServer, MissingLibrary: as the scorer did.
        """
        return self._flow.through(block, self._seen, self.apply)

    def apply(self, event: Event) -> list[Decision]:
        """Fold one event. Raises as ``fold``, and MalformedEvent when it is impossible here."""
        if isinstance(event, Prediction | Outcome):
            return self._seen(self._flow.one(event))
        self._flow.intake.accept(event)
        return []

    def effect(self, level: float) -> Effect:
        """By how much the second differs from the first, so far.

        Parameters:
            level: probability that the interval ever leaves out the truth.

        Raises:
            ConfigurationError: the level is no probability.
        """
        from clm.decisions.sequential.effect import effect

        return effect(*self._losses, self._horizon * max(1, len(self._symbols)), level)

    @property
    def unscored(self) -> int:
        """Forecasts that could not be made for want of history."""
        return sum(each.unscored for each in self._said)

    def _told(self, key: Key) -> tuple[int, int, bool]:
        return -1, 0, key.model_type == self.model_type

    def _seen(self, stops: Iterator[Stop]) -> list[Decision]:
        for stop in stops:
            if stop.predicted is not None and stop.predicted.at >= self.since:
                for side, said in zip(self.sides, self._said, strict=True):
                    said.keep(stop.predicted, self._value(side, stop.predicted), "")
            elif stop.matured is not None:
                self._matured(stop.matured)
        return []

    def _value(self, side: Side, event: Prediction) -> float | None:
        """What one of the two said or would have said, target units; None: its history was too short."""
        if side.version == event.version:
            return event.value
        if side.version == NAIVE:
            return event.naive
        value, fault = forecast(self._score, side.sha256, event)
        if fault:
            raise UnknownVersion(f"{self.model_type} {side.version} can be asked no more: {fault}")
        return value

    def _matured(self, pair: Pair) -> None:
        values = [each.take(pair) for each in self._said]
        if None in values:
            return
        for place, (side, losses) in enumerate(zip(self.sides, self._losses, strict=True)):
            said = values[place]
            assert said is not None
            losses.append(abs(said[0] - pair.outcome))
            self.published[place] += side.version == pair.prediction.version
        self._symbols.add(pair.prediction.symbol)
        self._horizon = max(self._horizon, pair.prediction.horizon)
