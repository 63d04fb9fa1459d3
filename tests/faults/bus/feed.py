"""A feed: the seeded events of one trader, bar by bar, as a delivery brings them to the stream.

Pure. The only thing that comes from outside are the versions that are active, which predictions name; no
count depends on them.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from clm.events import HOUR, SECOND, Command, Event, InputRow, Outcome, Prediction, Regime, tick
from tests.faults.bus.delivery import Delivery, Tally, Weather

PRODUCER = "feed"
SYMBOLS = tuple(f"S{number:02}" for number in range(16))
MODELS = ("lightgbm", "xgboost")
STRANGER = "v0"
"""A version that is never active: somebody else's, joined and kept in windows like any other."""

SCHEMA, COLUMNS = "feed-1", ("signal", "noise")
START = 1_704_067_200 * SECOND  # 2024-01-01: no event is ahead of its entry
REGIME_BARS, COMMAND_BARS = 40, 150
"""Bars between two regimes and between two commands."""

UNIT = 1024
"""Values are whole parts of it, so that float32 holds them exactly."""


@dataclass(frozen=True)
class Bar:
    """What one bar brings: input rows first, then entries, both in the order of the streams."""

    rows: Sequence[InputRow]
    entries: Sequence[bytes]


class Feed:
    """Bars of one scope, one after the other.

    Parameters:
        seed: of everything that is drawn.
    """

    def __init__(self, seed: int, weather: Weather | None = None) -> None:
        self._chance = random.Random(seed)
        self._delivery = Delivery(weather or Weather(), self._chance)
        self._numbers, self._step = count(), 0
        self._open: list[tuple[Prediction, float]] = []  # of the last bar, with what comes true

    @property
    def tally(self) -> Tally:
        """The true counts; complete after ``rest``."""
        return self._delivery.tally

    def bar(self, active: Mapping[str, str]) -> Bar:
        """The next bar; its predictions are of the active versions (by model type) and of a stranger."""
        self._step += 1
        at = START + self._step * HOUR
        rows, truths = self._rows(at)
        outcomes = list(self._outcomes(at))
        predictions = list(self._predictions(at, active, truths))
        return Bar(rows, self._delivery.bar([*outcomes, *predictions, *self._sayings(at)]))

    def rest(self) -> Bar:
        """What was still under way after the last bar."""
        return Bar((), self._delivery.rest())

    def _rows(self, at: int) -> tuple[list[InputRow], dict[str, float]]:
        """Input rows whose signal tells half of what will come true."""
        rows, truths = [], {}
        for symbol in SYMBOLS:
            signal, noise, rest = self._value(), self._value(), self._value()
            rows.append(InputRow(symbol, at, SCHEMA, struct.pack("<2f", signal, noise)))
            truths[symbol] = (signal + rest) / 2
        return rows, truths

    def _predictions(
        self, at: int, active: Mapping[str, str], truths: Mapping[str, float]
    ) -> Iterator[Event]:
        self._open = []
        for model_type in MODELS:
            for version in (active[model_type], STRANGER):
                for symbol, truth in truths.items():
                    event = Prediction(
                        p=PRODUCER, n=next(self._numbers), at=at, model_type=model_type, version=version,
                        symbol=symbol, horizon=1, value=self._value(), naive=0.0,
                    )  # fmt: skip
                    if not self._delivery.loses(event):
                        self._open.append((event, truth))
                        yield event

    def _outcomes(self, at: int) -> Iterator[Event]:
        for made, truth in self._open:
            event = Outcome(p=PRODUCER, n=next(self._numbers), at=at, of=(made.p, made.n), value=truth)
            if not self._delivery.loses(event):
                yield event

    def _sayings(self, at: int) -> Iterator[Event]:
        if self._step % REGIME_BARS == 1:
            label = self._chance.choice(("calm", "wild"))
            yield Regime(p="watchman", n=self._step // REGIME_BARS, at=at, regime=label)
        if self._step % COMMAND_BARS == 0:
            models = self._chance.choice(((), ("lightgbm",), ("xgboost",)))
            yield Command(p=f"ops-{self._step}", n=0, at=at, action="retrain", models=models, actor="ops")
        yield tick(at)

    def _value(self) -> float:
        return self._chance.randrange(-UNIT, UNIT) / UNIT
