"""The gauge: how far the fit at hand is. The fit moves it, and whoever wants to tell looks at it meanwhile.

It is found through the context, since between a training and the innermost loop of a fit lie protocols that
know nothing of it. Where nobody gauges, moving it costs a look.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any

TRAIN, WHOLE, REPLICA = "train", "all", "replica"
"""Folds: the fit without the hold-out, the one to all rows, one that only measures chance."""


@dataclass
class Gauge:
    """How far a training is."""

    fold: str = ""  # which of its fits; empty: none has begun
    model: str = ""  # model type that is fitted, of an ensemble a member's; empty: not told
    step: int = 0  # steps or trees that are made
    steps: int = 0  # at most
    loss: float | None = None  # of the checked rows where there are some, else of the batch; model's units

    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


_gauge: ContextVar[Gauge | None] = ContextVar("gauge", default=None)


@contextmanager
def gauged() -> Iterator[Gauge]:
    """A gauge for the trainings of this thread while the context lasts."""
    gauge = Gauge()
    token = _gauge.set(gauge)
    try:
        yield gauge
    finally:
        _gauge.reset(token)


def is_gauged() -> bool:
    """Whether anybody looks."""
    return _gauge.get() is not None


def at_fold(name: str) -> None:
    """Another fit of the training begins."""
    if (gauge := _gauge.get()) is not None:
        gauge.fold, gauge.model = name, ""
        gauge.step, gauge.steps, gauge.loss = 0, 0, None


def at_model(name: str) -> None:
    """A model type begins to be fitted."""
    if (gauge := _gauge.get()) is not None:
        gauge.model, gauge.step, gauge.steps, gauge.loss = name, 0, 0, None


def at_step(step: int, steps: int, loss: float | None = None) -> None:
    """So many of at most so many steps or trees are made."""
    if (gauge := _gauge.get()) is not None:
        gauge.step, gauge.steps, gauge.loss = step, steps, loss
