"""Rehearsal: going through what an entry may bring, so that the processor has it at hand when one comes.

After some milliseconds of sleep a process finds its code and data in slow memory, and its next step takes
five times as long. A watcher that expects entries therefore plays with a consumer of its own, to which
these events come and whose writes nobody hears.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from clm.events import Command, Event, Run
from clm.model import ModelType

P = "rehearsal"


def events(role: str, model_type: ModelType) -> Iterator[Event]:
    """Without end: a command that brings a retrain, and the end of its run.

    Parameters:
        role: who decides.
        model_type: of its policy.
    """
    for retrain in count(1):
        yield Command(p=P, n=2 * retrain, at=0, action="retrain", models=(model_type.value,), reason=P)
        run = f"{role}-{retrain}"
        yield Run(
            p=P, n=2 * retrain + 1, at=0, run=run, model_type=model_type.value, cause=run, phase="failed",
            error=P,
        )  # fmt: skip
