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

from clm.errors import TrainingFailed

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

    waits: bool = False  # for another fit, which has what it needs
    stop: str | None = None  # set by whoever looks: why the fit is to end at its next step

    def facts(self) -> dict[str, Any]:
        """How far it is, as plain values."""
        return {name: value for name, value in asdict(self).items() if name not in ("waits", "stop")}


_gauge: ContextVar[Gauge | None] = ContextVar("gauge", default=None)


@contextmanager
def gauged(gauge: Gauge | None = None) -> Iterator[Gauge]:
    """A gauge for the trainings of this thread while the context lasts; a new one where none is given."""
    gauge = gauge or Gauge()
    token = _gauge.set(gauge)
    try:
        yield gauge
    finally:
        _gauge.reset(token)


def is_gauged() -> bool:
    """Whether anybody looks."""
    return _gauge.get() is not None


def at_fold(name: str) -> None:
    """Another fit of the training begins. Raises as ``at_step``."""
    _move(fold=name, model="", step=0, steps=0, loss=None)


def at_model(name: str) -> None:
    """A model type begins to be fitted. Raises as ``at_step``."""
    _move(model=name, step=0, steps=0, loss=None)


def at_step(step: int, steps: int, loss: float | None = None) -> None:
    """So many of at most so many steps or trees are made.

    Raises:
        TrainingFailed: the fit was told to stop.
    """
    _move(step=step, steps=steps, loss=loss)


def _move(**facts: Any) -> None:
    gauge = _gauge.get()
    if gauge is None:
        return
    if gauge.stop is not None:
        raise TrainingFailed(gauge.stop)
    vars(gauge).update(facts)


@contextmanager
def aside() -> Iterator[None]:
    """The fit of this thread waits for another one while the context lasts."""
    gauge = _gauge.get()
    if gauge is None:
        yield
        return
    gauge.waits = True
    try:
        yield
    finally:
        gauge.waits = False
