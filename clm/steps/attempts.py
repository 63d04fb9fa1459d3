"""Attempts: one model's failure is logged and kept, and never stops the others."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

import structlog

from clm.errors import ClmError, ConfigurationError, TrainingFailed
from clm.model import ModelType
from clm.steps.gauge import Gauge, gauged

Item = TypeVar("Item")
Made = TypeVar("Made")

LOOK_S = 0.05
"""Between two looks at how long attempts with a limit have taken, seconds."""

log = structlog.get_logger(__name__)


def limits_of(seconds: Mapping[str, float]) -> dict[ModelType, float]:
    """Limits by model type, from their names. Raises ConfigurationError."""
    for name, limit in seconds.items():
        if name not in {each.value for each in ModelType} or not limit > 0:
            known = ", ".join(each.value for each in ModelType)
            raise ConfigurationError(
                f"time_limits[{name!r}] is {limit!r}: name one of {known}, and seconds > 0"
            )
    return {ModelType(name): float(limit) for name, limit in seconds.items()}


class Attempts:
    """What was tried by model type, and why some of it failed.

    Parameters:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures: dict[ModelType, str] = {}
        self._clock = clock

    def begin(self) -> None:
        """Forget what failed before."""
        self.failures = {}

    def one(self, models: Iterable[ModelType], call: Callable[[], Made]) -> Made | None:
        """The call's value, or None with its error kept as the failure of these models."""
        try:
            return call()
        except ClmError as error:
            for each in models:
                self.failures[each] = str(error)
                log.error("failed", model_type=each.value, error=str(error))  # noqa: TRY400 - the message says it
            return None

    def each(
        self,
        items: Mapping[ModelType, Item],
        call: Callable[[Item], Made],
        at_once: int = 1,
        limits: Mapping[ModelType, float] | None = None,
    ) -> dict[ModelType, Made]:
        """The call's value for each item, in their order; one that fails or takes too long is left out.

        Parameters:
            at_once: how many run at the same time.
            limits: model type -> seconds that its call may take, waiting for other fits not counted. A call
                cannot be ended from outside: one that is over its limit is told to stop at its next step,
                is waited for no longer, and what it may still bring is dropped.
        """
        waiting = [
            _Attempt(each, call, item, (limits or {}).get(each, math.inf)) for each, item in items.items()
        ]
        given, ended = list(waiting), SimpleQueue[_Attempt[Item, Made]]()
        at_work: list[_Attempt[Item, Made]] = []
        stuck = False  # one that was given up has not stopped: who waits for it may wait for ever
        while waiting or at_work:
            while waiting and len(at_work) < at_once:
                at_work.append(waiting.pop(0))
                at_work[-1].start(ended, self._clock())
            limited = any(math.isfinite(each.limit) for each in at_work)
            try:
                done = ended.get(timeout=LOOK_S if limited else None)
            except Empty:
                late = [each for each in at_work if each.overdue(self._clock(), count_waiting=stuck)]
                stuck = stuck or bool(late)
                at_work = [each for each in at_work if each not in late]
                continue
            at_work = [each for each in at_work if each is not done]
        made = {each.model_type: self.one([each.model_type], each.result) for each in given}
        return {each: value for each, value in made.items() if value is not None}


class _Attempt(Generic[Item, Made]):
    """A call in a thread of its own, which the process does not wait for when it ends."""

    def __init__(self, model_type: ModelType, call: Callable[[Item], Made], item: Item, limit: float) -> None:
        self.model_type, self.limit = model_type, limit
        self._call, self._item = call, item
        self._gauge, self._took, self._looked = Gauge(), 0.0, 0.0
        self._value: Made | None = None
        self._error: BaseException | None = None

    def start(self, ended: SimpleQueue[_Attempt[Item, Made]], now: float) -> None:
        """Begin; it puts itself there when it has ended."""
        self._looked = now
        threading.Thread(target=self._run, args=(ended,), name=f"fit-{self.model_type}", daemon=True).start()

    def overdue(self, now: float, *, count_waiting: bool) -> bool:
        """Whether it is over its limit now; then it is told to stop."""
        if count_waiting or not self._gauge.waits:
            self._took += now - self._looked
        self._looked = now
        if self._took <= self.limit:
            return False
        self._gauge.stop = (
            f"{self.model_type.value} took more than its limit of {self.limit:g} s: raise "
            f"time_limits[{self.model_type.value!r}], or give it less to do"
        )
        return True

    def result(self) -> Made | None:
        """What the call returned. Raises what it raised; TrainingFailed where it was over its limit."""
        if self._gauge.stop is not None:
            raise TrainingFailed(self._gauge.stop)
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self, ended: SimpleQueue[_Attempt[Item, Made]]) -> None:
        try:
            with gauged(self._gauge):
                self._value = self._call(self._item)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever asks for the result
            self._error = error
        ended.put(self)
