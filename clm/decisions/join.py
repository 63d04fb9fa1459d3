"""Join: an outcome meets the prediction it realises, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clm.errors import MalformedEvent
from clm.events import Outcome, Prediction

MAX_PENDING = 200_000
"""Predictions that wait for their outcome; beyond it the oldest is given up and counted."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A prediction with its outcome."""

    prediction: Prediction
    outcome: float  # target units
    matured_at: int  # µs


class Join:
    """Folds predictions and outcomes into pairs."""

    def __init__(self) -> None:
        self.predictions = 0
        self.joined = 0
        self.expired = 0  # predictions given up
        self._pending: dict[tuple[str, int], Prediction] = {}

    def expect(self, prediction: Prediction) -> None:
        """Keep a prediction until its outcome comes."""
        self.predictions += 1
        self._pending[prediction.p, prediction.n] = prediction
        if len(self._pending) > MAX_PENDING:
            del self._pending[next(iter(self._pending))]
            self.expired += 1

    def meet(self, outcome: Outcome) -> Pair:
        """The pair of an outcome.

        Raises:
            MalformedEvent: no waiting prediction has this id, or it was made after the outcome.
        """
        prediction = self._pending.get(outcome.of)
        name = f"{outcome.of[0]}-{outcome.of[1]}"
        if prediction is None:
            raise MalformedEvent(
                f"outcome {outcome.p}-{outcome.n} is of prediction {name}, which is unknown or has "
                "its outcome already: publish the prediction first, and one outcome for each"
            )
        if outcome.at < prediction.at:
            raise MalformedEvent(
                f"outcome {outcome.p}-{outcome.n} at {outcome.at} is earlier than its prediction "
                f"{name} at {prediction.at}: `at` of an outcome is when it became known"
            )
        del self._pending[outcome.of]
        self.joined += 1
        return Pair(prediction, outcome.value, outcome.at)

    def state(self) -> dict[str, Any]:
        """Everything folded, as msgpack can carry it."""
        return {
            "counts": [self.predictions, self.joined, self.expired],
            "pending": [
                [e.p, e.n, e.at, e.model_type, e.version, e.symbol, e.horizon, e.value, e.naive]
                for e in self._pending.values()
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a saved state."""
        self.predictions, self.joined, self.expired = state["counts"]
        names = ("p", "n", "at", "model_type", "version", "symbol", "horizon", "value", "naive")
        events = (Prediction(**dict(zip(names, row, strict=True))) for row in state["pending"])
        self._pending = {(event.p, event.n): event for event in events}
