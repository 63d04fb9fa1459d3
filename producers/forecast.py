"""A forecast as the handle serves it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to publish as a prediction: the number, and the version that it came from."""

    version: str  # of the model that gave the value; naive where none could
    value: float  # target units
