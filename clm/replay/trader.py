"""A paper trader: meets a tape bar by bar and publishes what a live trader would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clm.replay.tape import Bar, Row, Tape


class Forecast(Protocol):
    """What a served version says."""

    @property
    def version(self) -> str: ...
    @property
    def value(self) -> float: ...


class Publisher(Protocol):
    """The trader's side of the events stream, as producers.EventPublisher."""

    def input(self, symbol: str, at: int, schema: str, x: bytes) -> None: ...
    def prediction(  # noqa: PLR0913 - every argument is a field of the event
        self,
        *,
        model_type: str,
        version: str,
        symbol: str,
        at: int,
        horizon: int,
        value: float,
        naive: float,
    ) -> tuple[str, int]: ...
    def outcome(self, of: tuple[str, int], value: float, at: int) -> None: ...
    def regime(self, regime: str, at: int) -> None: ...
    def tick(self, at: int) -> None: ...


class Handle(Protocol):
    """What serves the active versions, as producers.ModelHandle."""

    def predict_bar(
        self, at: int, rows: Mapping[str, tuple[bytes, float]]
    ) -> Mapping[str, Mapping[str, Forecast]]:
        """By model type and symbol; ``rows``: symbol -> (features, naive)."""


@dataclass(frozen=True, slots=True)
class Told:
    """One published prediction and, later, its outcome."""

    model_type: str
    symbol: str
    at: int  # µs
    version: str
    value: float  # target units
    naive: float


class PaperTrader:
    """Publishes outcomes, regime, inputs, predictions and the tick of each bar, in that order.

    Parameters:
        horizon: bars.
    """

    def __init__(self, tape: Tape, publisher: Publisher, handle: Handle, horizon: int) -> None:
        self._tape, self._publisher, self._handle = tape, publisher, handle
        self._horizon = horizon
        self._waiting: dict[tuple[str, int], list[tuple[tuple[str, int], Told]]] = {}
        self._regime = ""
        self.ledger: list[tuple[Told, float]] = []  # each prediction with its outcome

    @property
    def waiting(self) -> list[Told]:
        """The predictions whose outcome is not known yet."""
        return [told for some in self._waiting.values() for _, told in some]

    def meet(self, bar: Bar) -> None:
        """Publish everything of one bar."""
        self._settle(bar)
        if bar.regime and bar.regime != self._regime:
            self._regime = bar.regime
            self._publisher.regime(bar.regime, bar.at)
        for row in bar.rows:
            self._publisher.input(row.symbol, bar.at, self._tape.schema, row.x)
        self._predict(bar.at, [row for row in bar.rows if row.usable])
        self._publisher.tick(bar.at)

    def _settle(self, bar: Bar) -> None:
        for matured in bar.matured:
            for of, told in self._waiting.pop((matured.symbol, matured.predicted_at), ()):
                self._publisher.outcome(of, matured.value, bar.at)
                self.ledger.append((told, matured.value))

    def _predict(self, at: int, rows: Sequence[Row]) -> None:
        forecasts = self._handle.predict_bar(at, {r.symbol: (r.x, r.naive) for r in rows})
        for model_type, by_symbol in forecasts.items():
            for row in rows:
                said = by_symbol[row.symbol]
                told = Told(model_type, row.symbol, at, said.version, said.value, row.naive)
                of = self._publisher.prediction(
                    model_type=model_type,
                    version=said.version,
                    symbol=row.symbol,
                    at=at,
                    horizon=self._horizon,
                    value=said.value,
                    naive=row.naive,
                )
                self._waiting.setdefault((row.symbol, at), []).append((of, told))
