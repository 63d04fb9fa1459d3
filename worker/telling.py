"""Telling: how far a training is, once a second, from a thread beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from clm.errors import ClmError
from clm.ports import Fence, RunRecord, Runs
from clm.steps.gauge import gauged

log = structlog.get_logger(__name__)

EVERY_S = 1.0
"""Between two words about a training, seconds."""


@contextmanager
def telling(runs: Runs, record: RunRecord, fence: Fence, every_s: float = EVERY_S) -> Iterator[None]:
    """Tell how far the training of this thread is while the context lasts; the run's end clears it.

    Nobody waits for the thread: what it says after the run has ended is refused.
    """
    done = threading.Event()
    with gauged() as gauge:

        def tell() -> None:
            last: dict[str, Any] = {}
            while not done.wait(every_s):
                now = gauge.facts()
                if now == last:
                    continue
                try:
                    runs.tell(fence, {"model_type": record.model_type, **now, "wall": time.time()})
                except ClmError as error:
                    log.debug("not told", run=record.run, error=str(error))
                last = now

        threading.Thread(target=tell, name="telling", daemon=True).start()
        try:
            yield
        finally:
            done.set()


def said(progress: Mapping[str, Any]) -> str:
    """How far a training is, in a few words.

    >>> said({"model_type": "nhits", "model": "nhits", "fold": "all", "step": 7, "steps": 200, "loss": 0.4})
    'fold all, step 7 of at most 200, loss 0.4'
    """
    words = [f"fold {progress['fold'] or '-'}"]
    if progress["model"] not in ("", progress["model_type"]):
        words.append(str(progress["model"]))
    if progress["steps"]:
        words.append(f"step {progress['step']} of at most {progress['steps']}")
    if progress["loss"] is not None:
        words.append(f"loss {progress['loss']:.4g}")
    return ", ".join(words)
