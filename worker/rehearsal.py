"""Rehearsal: going through what an entry may bring, so that the processor has it at hand when one comes.

After some milliseconds of sleep a process finds its code and data in slow memory, and its next step takes
five times as long. A watcher that expects entries therefore plays commands to a consumer of its own, whose
writes nobody hears.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from clm.events import Command, Event, Run
from clm.model import ModelType
from clm.ports import Entries
from clm.steps.consume import Consumer

P = "rehearsal"


class Rehearsal:
    """Each call is one of a watcher's steps: a command that brings a retrain, or the end of its run.

    Parameters:
        consumer: of a watcher, whose writes nobody hears.
        encode: an event as the bytes of its entry.
        model_type: of its policy.
    """

    def __init__(self, consumer: Consumer, encode: Callable[[Event], bytes], model_type: ModelType) -> None:
        self._consumer, self._encode, self._model_type = consumer, encode, model_type.value
        self._numbers, self._retrains = count(), count(1)

    def __call__(self) -> None:
        """Play the next entry."""
        number = next(self._numbers)
        event = self._command(number) if number % 2 == 0 else self._end(number)
        self._consumer.digest(Entries([b"%d-0" % number], [self._encode(event)]))

    def _command(self, number: int) -> Command:
        return Command(p=P, n=number, at=0, action="retrain", models=(self._model_type,), reason=P)

    def _end(self, number: int) -> Run:
        run = f"{self._consumer.role}-{next(self._retrains)}"
        return Run(
            p=P, n=number, at=0, run=run, model_type=self._model_type, cause=run, phase="failed", error=P
        )
